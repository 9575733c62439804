import type {Run} from './shell.js';

/** Text that is read, how far, and how commands within words are read. */
export type Source = {readonly text: string; position: number; readonly readList: (source: Source) => Run};

/** An error that ends a script: text that is not one, or not one for this shell, or too much of something. With `incomplete`, more text may complete it. */
export class ShellError extends Error {
	readonly incomplete: boolean;

	constructor(message: string, {incomplete = false} = {}) {
		super(message);
		this.incomplete = incomplete;
	}
}

/** The error for what other shells have and this one does not: `"case" is not in the demo`. */
export const notInDemo = (what: string): ShellError => new ShellError(`"${what}" is not in the demo`);

export const unterminated = (what: string): never => {
	throw new ShellError(`syntax error: unterminated ${what}`, {incomplete: true});
};

export const unexpected = ({text, position}: Source): never => {
	const rest = text.slice(position).trimStart();
	throw rest === ''
		? new ShellError('syntax error: unexpected end of file', {incomplete: true})
		: new ShellError(`syntax error: unexpected "${/^(?:;;|&&|\|\||\W|\w+)/v.exec(rest)?.[0] ?? ''}"`);
};

/** Reads what a sticky pattern matches here; undefined where it does not match. */
export const take = (source: Source, pattern: RegExp): string | undefined => {
	pattern.lastIndex = source.position;
	const found = pattern.exec(source.text)?.[0];
	source.position += found?.length ?? 0;
	return found;
};

export const isAt = ({text, position}: Source, wanted: string): boolean => text.startsWith(wanted, position);

export const isEnd = ({text, position}: Source): boolean => position >= text.length;

/** Skips blanks and comments. */
export const skip = (source: Source): void => {
	take(source, /(?:[\t ]|\\\n)*(?:#[^\n]*)?/vy);
};

/** Skips blanks, comments and line feeds. */
export const skipLines = (source: Source): void => {
	take(source, /(?:[\t\n ]|\\\n|#[^\n]*)*/vy);
};
