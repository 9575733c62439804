/** Text from an image, a registry or a client, made harmless for a terminal: control characters become escapes. */
export const printable = (text: string): string =>
	text.replaceAll(/[\p{Control}\p{Format}\u{2028}\u{2029}]/gv, character => String.raw`\u{${character.codePointAt(0)!.toString(16)}}`);
