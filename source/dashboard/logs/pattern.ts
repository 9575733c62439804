/** A search or filter pattern. */
export type Pattern = {
	/** As it was typed. */
	readonly source: string;
	readonly isInverted: boolean;
	/** Has the flag `g`; `lastIndex` is reset before each use. */
	readonly expression: RegExp;
	/** The source is not a valid regular expression and is matched literally. */
	readonly isLiteral: boolean;
};

const compile = (source: string, flags: string): {readonly expression: RegExp; readonly isLiteral: boolean} => {
	try {
		return {expression: new RegExp(source, flags), isLiteral: false};
	} catch {
		return {expression: new RegExp(source.replaceAll(/[$\(\)*+.\/?\[\\\]^\{\|\}]/gv, String.raw`\$&`), flags), isLiteral: true};
	}
};

/** Parses a regular expression; an invalid one is matched literally. Case matters only if the pattern has an upper-case letter. A leading `!` inverts, as in less. Undefined for an empty pattern. */
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

/** The matches in a text as pairs of start and end; at most 100. */
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
