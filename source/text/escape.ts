// C0 and C1 controls move the cursor, change colours and retitle windows; marks of direction turn the text around them; tags hide text in text.
// eslint-disable-next-line no-control-regex, regexp/no-control-character -- control characters are what it is about
const controls = /[\u{0}-\u{1F}\u{7F}-\u{9F}\u{61C}\u{200E}\u{200F}\u{2028}-\u{202E}\u{2066}-\u{2069}\u{E0000}-\u{E007F}]/gv;

const named: Readonly<Record<string, string>> = {'\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t`};

const codeUnits = (character: string): string =>
	Array.from({length: character.length}, (_, index) => String.raw`\u` + character.charCodeAt(index).toString(16).padStart(4, '0')).join(''); // eslint-disable-line unicorn/prefer-code-point -- JSON escapes halves

/** Escapes control characters that JSON leaves in strings, as JSON would: valid JSON stays valid. */
export const escapeCharacter = (character: string): string => {
	const code = character.codePointAt(0)!;
	return named[character] ?? (code < 32 ? String.raw`\x` + code.toString(16).padStart(2, '0') : codeUnits(character));
};

/** Untrusted text as one line, its control characters escaped. */
export const escapeControls = (text: string): string => text.replaceAll(controls, character => escapeCharacter(character));

/** The same for several lines; line feeds and tabs stay. */
export const escapeControlsInLines = (text: string): string =>
	text.replaceAll(controls, character => character === '\n' || character === '\t' ? character : escapeCharacter(character));

/** Text for an output: escaped for a terminal, unchanged for a pipe. */
export const forOutput = ({isTTY}: {readonly isTTY?: boolean}, text: string): string => isTTY ? escapeControlsInLines(text) : text;

/** Text quoted as one word of a shell command. */
export const quote = (word: string): string => `'${word.replaceAll('\'', String.raw`'\''`)}'`;
