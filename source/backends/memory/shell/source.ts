import {
	ShellSyntaxError,
	type Command,
	type Redirection,
	type Script,
} from './syntax.js';

/** A here-document whose text begins after the next line feed. */
export type Pending = {
	readonly delimiter: string;
	readonly isQuoted: boolean;
	readonly stripsTabs: boolean;
	readonly redirection: {-readonly [Key in keyof Redirection]: Redirection[Key]};
};

/** What commands are made of, for the parts of them that have commands in them. */
export type Grammar = {
	/** Commands up to a closing character, which is passed, or with none to the end. */
	readonly parseScript: (source: Source, closing: string) => Script;
	/** Commands up to whatever cannot begin one. */
	readonly parseList: (source: Source) => Script;
	readonly parseCommand: (source: Source) => Command;
};

/** Text that is being read, and how far. */
export type Source = {
	readonly text: string;
	position: number;
	readonly pending: Pending[];
	readonly grammar: Grammar;
};

/** What ends a word. */
export const metacharacters: ReadonlySet<string> = new Set([' ', '\t', '\n', ';', '&', '|', '<', '>', '(', ')']);

/** More text could still make sense of it. */
export const fail = (reason: string): never => {
	throw new ShellSyntaxError(`syntax error: ${reason}`, {incomplete: true});
};

/** What comes next cannot stand there. */
export const unexpected = (source: Source): never => {
	const rest = source.text.slice(source.position).trimStart();
	throw rest === ''
		? new ShellSyntaxError('syntax error: unexpected end of file', {incomplete: true})
		: new ShellSyntaxError(`syntax error: unexpected "${/^(?:;;|&&|\|\||\W|\w+)/v.exec(rest)?.[0].replace('\n', 'newline') ?? ''}"`);
};
