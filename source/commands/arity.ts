import {HolmError} from '../engine/errors.js';

export type Arity = {
	/** Names of the required arguments. */
	readonly required: readonly string[];
	/** Infinity if the last one is repeatable. */
	readonly maximum: number;
};

/** The number of arguments of a usage such as `IMAGE [COMMAND] [ARG...]`. */
export const arityOf = (usage: string): Arity => {
	const words = usage.split(' ').filter(Boolean);
	return {
		required: words.filter(word => !word.startsWith('[')).map(word => word.replace('...', '')),
		maximum: words.some(word => word.includes('...')) ? Infinity : words.length,
	};
};

/** Throws `invalid` for too few arguments, naming the first missing one, and for too many. */
export const checkArity = (name: string, usage: string, input: readonly string[]): void => {
	const {required, maximum} = arityOf(usage);
	const remedy = `usage: holm ${name} [flags]${usage ? ` ${usage}` : ''}`;
	const missing = required[input.length];
	if (missing !== undefined) {
		throw new HolmError('invalid', `holm ${name} needs ${missing}`, {remedy});
	}

	if (input.length > maximum) {
		throw new HolmError('invalid', `holm ${name} takes ${maximum === 0 ? 'no arguments' : `${maximum} argument${maximum === 1 ? '' : 's'}`}, "${input[maximum]}" is too many`, {remedy});
	}
};
