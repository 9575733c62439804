/** A line of OpenSSH's configuration, with its keyword in lower case. */
export type ConfigLine = {readonly keyword: string; readonly values: readonly string[]; readonly number: number};

/** The words of a line: in quotes of either kind or without, up to a comment. Undefined where a quote is not closed. Source: argv_split of OpenSSH's misc.c. */
const splitWords = (text: string): readonly string[] | undefined => {
	const words: string[] = [];
	let word: string | undefined;
	let quote = '';
	for (let index = 0; index < text.length; index++) {
		const character = text[index]!;
		const next = text[index + 1] ?? '';
		if (character === '\\' && (['"', '\'', '\\'].includes(next) || (quote === '' && next === ' '))) {
			word = (word ?? '') + next;
			index++;
		} else if (quote === '' ? character === '"' || character === '\'' : character === quote) {
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

/** The lines that say something, in their order. What cannot be split into words has none, which is refused where it matters. */
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
