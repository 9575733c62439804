// C0 and C1 controls move the cursor, change colours and retitle windows; the others turn the direction of text around.
// eslint-disable-next-line no-control-regex, regexp/no-control-character -- control characters are what it is about
const controls = /[\u{0}-\u{1F}\u{7F}-\u{9F}\u{200E}\u{200F}\u{202A}-\u{202E}\u{2066}-\u{2069}]/gv;

const escapeOne = (character: string): string => {
	const code = character.codePointAt(0)!;
	const named: Record<string, string> = {'\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t`};
	return named[character] ?? (code < 256
		? String.raw`\x` + code.toString(16).padStart(2, '0')
		: String.raw`\u` + code.toString(16).padStart(4, '0'));
};

/** Text of a container or an image as one line that a terminal shows and does not obey. */
export const escapeControls = (text: string): string => text.replaceAll(controls, character => escapeOne(character));

/** The same for text of several lines, which keeps its line feeds and tabs. */
export const escapeControlsInLines = (text: string): string =>
	text.replaceAll(controls, character => character === '\n' || character === '\t' ? character : escapeOne(character));
