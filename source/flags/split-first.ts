/** The text before and after the first separator; undefined for the latter where there is none. */
export const splitFirst = (text: string, separator: string): readonly [string, string | undefined] => {
	const index = text.indexOf(separator);
	return index === -1 ? [text, undefined] : [text.slice(0, index), text.slice(index + separator.length)];
};
