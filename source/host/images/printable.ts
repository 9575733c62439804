/** Escapes the control characters of untrusted text from an image, a registry or a client, so that it is safe for a terminal. */
export const printable = (text: string): string =>
	text.replaceAll(/[\p{Control}\p{Format}\u{2028}\u{2029}]/gv, character => String.raw`\u{${character.codePointAt(0)!.toString(16)}}`);
