import type {BuilderActions} from '../../engine/builder.js';
import type {Engine} from '../../engine/engine.js';
import {HolmError} from '../../engine/errors.js';

/** Throws `unsupported` for an engine without a builder. */
export const builderOf = ({builder}: Engine): BuilderActions => {
	if (!builder) {
		throw new HolmError('unsupported', 'this engine has no builder', {remedy: 'the engine of Linux hosts has one'});
	}

	return builder;
};
