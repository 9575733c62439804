/** Text from an image, a registry or a client, made harmless for a terminal: control characters become escapes. */
export const printable = (text: string): string =>
	text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gv, character => `\\u{${character.codePointAt(0)!.toString(16)}}`);
