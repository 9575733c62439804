import {HolmError} from '../engine/errors.js';

/** The deepest body of Docker's API has eight levels. */
const maximumDepth = 64;

const depthOf = (text: string): number => {
	let depth = 0;
	let deepest = 0;
	let isInString = false;
	for (let index = 0; index < text.length; index++) {
		const character = text[index];
		if (isInString) {
			if (character === '\\') {
				index++;
			} else if (character === '"') {
				isInString = false;
			}
		} else if (character === '"') {
			isInString = true;
		} else if (character === '{' || character === '[') {
			depth++;
			deepest = Math.max(deepest, depth);
		} else if (character === '}' || character === ']') {
			depth--;
		}
	}

	return deepest;
};

/** Parses untrusted JSON; throws `invalid`, naming `what`, for anything that is not JSON or is nested too deeply. */
export const parseJson = (text: string, what: string): unknown => {
	if (depthOf(text) > maximumDepth) {
		throw new HolmError('invalid', `${what} is nested more than ${maximumDepth} levels deep`);
	}

	try {
		return JSON.parse(text) as unknown;
	} catch (error) {
		throw new HolmError('invalid', `${what} is not valid JSON`, {cause: error});
	}
};
