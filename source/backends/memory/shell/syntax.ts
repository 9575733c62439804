/** A part of a word. What is quoted is neither split into words nor a pattern of file names. */
export type WordPart =
	| {readonly type: 'text'; readonly text: string; readonly quoted: boolean}
	| {
		readonly type: 'variable';
		readonly name: string;
		/** Such as `:-`, `+` or `#`; empty for the value as it is. */
		readonly operator: string;
		readonly word: readonly WordPart[];
		readonly quoted: boolean;
	}
	| {readonly type: 'command'; readonly script: Script; readonly quoted: boolean}
	| {readonly type: 'arithmetic'; readonly text: readonly WordPart[]; readonly quoted: boolean};

export type Word = readonly WordPart[];

/** The text of a word without quotes or substitutions; undefined for another word. */
export const literalOf = (word: Word | undefined): string | undefined =>
	word?.every(part => part.type === 'text' && !part.quoted) ? word.map(part => part.type === 'text' ? part.text : '').join('') : undefined;

export type Redirection = {
	readonly descriptor: number;
	readonly operator: '<' | '>' | '>>' | '>&' | '<<<' | 'here-document';
	readonly word: Word;
};

export type Simple = {readonly type: 'simple'; readonly assignments: ReadonlyArray<{readonly name: string; readonly word: Word}>; readonly words: readonly Word[]};

export type Compound =
	| {readonly type: 'if'; readonly branches: ReadonlyArray<{readonly condition: Script; readonly body: Script}>; readonly otherwise?: Script}
	| {readonly type: 'loop'; readonly until: boolean; readonly condition: Script; readonly body: Script}
	| {readonly type: 'for'; readonly name: string; readonly words?: readonly Word[]; readonly body: Script}
	| {readonly type: 'case'; readonly word: Word; readonly items: ReadonlyArray<{readonly patterns: readonly Word[]; readonly body: Script}>}
	| {readonly type: 'function'; readonly name: string; readonly body: Command}
	| {readonly type: 'group'; readonly subshell: boolean; readonly body: Script};

export type Command = (Simple | Compound) & {readonly redirections: readonly Redirection[]};

export type Pipeline = {readonly negated: boolean; readonly commands: readonly Command[]};

export type AndOr = {readonly first: Pipeline; readonly rest: ReadonlyArray<{readonly operator: '&&' | '||'; readonly pipeline: Pipeline}>; readonly background: boolean};

export type Script = readonly AndOr[];

/** Text that is no script. `incomplete` says that more of it could make it one. */
export class ShellSyntaxError extends Error {
	readonly incomplete: boolean;

	constructor(message: string, {incomplete = false} = {}) {
		super(message);
		this.incomplete = incomplete;
	}
}
