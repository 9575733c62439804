import {HolmError} from '../../engine/errors.js';

const piece = /'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\.)*)"|\\(?<escaped>.)|(?<plain>[^\s"'\\]+)|(?<space>\s+)/gsv;

/** Splits text into words as a shell does, with quotes and backslashes but without expansions. Throws a `HolmError` for an unclosed quote. */
export const splitWords = (text: string): readonly string[] => {
	const words: string[] = [];
	let word: string | undefined;
	let end = 0;
	for (const match of text.matchAll(piece)) {
		if (match.index !== end) {
			break;
		}

		end += match[0].length;
		const {single, double, escaped, plain, space} = match.groups!;
		if (space === undefined) {
			word = (word ?? '') + (single ?? double?.replaceAll(/\\(?<kept>["$\\`])/gv, '$<kept>') ?? escaped ?? plain ?? '');
		} else if (word !== undefined) {
			words.push(word);
			word = undefined;
		}
	}

	if (end !== text.length) {
		throw new HolmError('invalid', 'a quote is not closed', {remedy: 'close it, or put a backslash in front of it'});
	}

	return word === undefined ? words : [...words, word];
};

/** A word, quoted for a shell if needed. */
export const quoteWord = (word: string): string => /^[\w%+,\-.\/:=@]+$/v.test(word) ? word : `'${word.replaceAll('\'', String.raw`'\''`)}'`;
