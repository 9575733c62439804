/** What is looked for in lines. */
export type Pattern = {
	/** As it was typed. */
	readonly source: string;
	readonly isInverted: boolean;
	/** With the flag `g`; reset before each use. */
	readonly expression: RegExp;
	/** It is not a regular expression and taken as it stands. */
	readonly isLiteral: boolean;
};

const compile = (source: string, flags: string): {readonly expression: RegExp; readonly isLiteral: boolean} => {
	try {
		return {expression: new RegExp(source, flags), isLiteral: false};
	} catch {
		return {expression: new RegExp(source.replaceAll(/[$\(\)*+.\/?\[\\\]^\{\|\}]/gv, String.raw`\$&`), flags), isLiteral: true};
	}
};

/** A regular expression, or the text itself where it is none. Case counts only where there is an upper-case letter; `!` in front inverts, as in less. */
export const parsePattern = (typed: string, {mayInvert = false}: {readonly mayInvert?: boolean} = {}): Pattern | undefined => {
	const isInverted = mayInvert && typed.startsWith('!');
	const source = isInverted ? typed.slice(1) : typed;
	if (source === '') {
		return undefined;
	}

	return {source, isInverted, ...compile(source, /\p{Uppercase_Letter}/v.test(source.replaceAll(/\\[A-Za-z]/gv, '')) ? 'gu' : 'giu')};
};

export const isMatch = ({expression, isInverted}: Pattern, text: string): boolean => {
	expression.lastIndex = 0;
	return expression.test(text) !== isInverted;
};

/** Where in the text it matches, as pairs of beginning and end; at most a hundred. */
export const rangesOf = ({expression, isInverted}: Pattern, text: string): ReadonlyArray<readonly [number, number]> => {
	if (isInverted) {
		return [];
	}

	expression.lastIndex = 0;
	const ranges: Array<readonly [number, number]> = [];
	for (const match of text.matchAll(expression)) {
		if (match[0].length > 0) {
			ranges.push([match.index, match.index + match[0].length]);
		}

		if (ranges.length >= 100) {
			break;
		}
	}

	return ranges;
};
