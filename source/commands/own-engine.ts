import {HolmError} from '../engine/errors.js';
import {whichEngine} from '../backends/hosts/which-engine.js';
import type {Context} from './command.js';

/** Throws `invalid` if `--host` or HOLM_HOST names another engine, for commands that only support this host's. `deed` completes "can be". */
export const assertOwnEngine = ({host, environment}: Pick<Context, 'host' | 'environment'>, deed: string): void => {
	if (whichEngine(host, environment).kind !== 'own') {
		throw new HolmError('invalid', `only the engine of this host can be ${deed}, and ${host === undefined ? 'HOLM_HOST' : '--host'} names another one`, {remedy: '--host own names this host\'s'});
	}
};
