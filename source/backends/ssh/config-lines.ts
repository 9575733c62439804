/** A line of OpenSSH's configuration, with its keyword in lower case. */
export type ConfigLine = {readonly keyword: string; readonly values: readonly string[]; readonly number: number};

/** Quotes and backslashes can be escaped anywhere, spaces outside of quotes. */
const isEscape = (character: string, next: string, quote: string): boolean =>
	character === '\\' && (['"', '\'', '\\'].includes(next) || (quote === '' && next === ' '));

/** An opening quote, or the closing one of `quote`. */
const isQuote = (character: string, quote: string): boolean =>
	quote === '' ? character === '"' || character === '\'' : character === quote;

/** Splits a line into words, with or without quotes, up to a comment. Undefined for an unclosed quote. Source: argv_split in OpenSSH's misc.c. */
const splitWords = (text: string): readonly string[] | undefined => {
	const words: string[] = [];
	let word: string | undefined;
	let quote = '';
	for (let index = 0; index < text.length; index++) {
		const character = text[index]!;
		const next = text[index + 1] ?? '';
		if (isEscape(character, next, quote)) {
			word = (word ?? '') + next;
			index++;
		} else if (isQuote(character, quote)) {
			quote = quote === '' ? character : '';
			word ??= '';
		} else if (quote === '' && (character === ' ' || character === '\t')) {
			if (word !== undefined) {
				words.push(word);
				word = undefined;
			}
		} else if (quote === '' && character === '#' && word === undefined) {
			return words;
		} else {
			word = (word ?? '') + character;
		}
	}

	return quote === '' ? [...words, ...word === undefined ? [] : [word]] : undefined;
};

/** The lines with directives, in order. A line that cannot be split has no values; its use is an error. */
export const parseConfig = (text: string): readonly ConfigLine[] => text.split('\n').flatMap((line, index) => {
	const content = line.trim();
	const [keyword = ''] = /^[^\t =]+/v.exec(content) ?? [];
	if (keyword === '' || keyword.startsWith('#')) {
		return [];
	}

	const rest = content.slice(keyword.length).trimStart();
	return [{
		keyword: keyword.replaceAll('"', '').toLowerCase(),
		values: splitWords(rest.startsWith('=') ? rest.slice(1) : rest) ?? [],
		number: index + 1,
	}];
});
