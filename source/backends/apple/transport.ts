import type {Readable, Writable} from 'node:stream';
import type {HolmError} from '../../engine/errors.js';
import type {TerminalSize} from '../../engine/sessions.js';

/** A process that was started, on this host or another one. */
export type Execution = {
	readonly stdin: Writable;
	readonly stdout: Readable;
	readonly stderr: Readable;
	/** Resolves when it has ended; rejects when the connection to it was lost. Its output may still be read. */
	readonly ended: Promise<{readonly exitCode?: number; readonly signal?: string}>;
	/** Sends a signal, such as `SIGTERM`, to it and to what it has started. */
	readonly signal: (name: string) => void;
	/** Only of one with a terminal. */
	readonly resize: (size: TerminalSize) => void;
	/** Lets the own process end while this one goes on. */
	readonly release: () => void;
};

export type ExecuteOptions = {
	/** Gives it a terminal in raw mode as its standard streams. */
	readonly terminal?: TerminalSize;
	/** Variables beside those that it has. */
	readonly environment?: Readonly<Record<string, string>>;
	/** It ends within a limit of time: to another host, it may have a channel that what lasts must not take. */
	readonly isShort?: boolean;
};

/** Where Apple's program runs: a process of this host, or a channel to another one. */
export type Transport = {
	/** For messages: `this host`, `ssh://build@mac`. */
	readonly name: string;
	/** Its files and ports are those of another host, which is looked at less often. */
	readonly isRemote?: boolean;
	/** Starts a program with its arguments, without a shell. Throws `unavailable` if there is no such program. */
	readonly execute: (argv: readonly string[], options?: ExecuteOptions) => Promise<Execution>;
	/** Calls a function after each change of a file in a directory, until the returned function is called. Absent where nothing tells of that. */
	readonly watch?: (directory: string, name: string, onChange: () => void) => () => void;
	/** Milliseconds of a question and its answer, to another host. */
	readonly roundTripMs?: () => number | undefined;
	/** Calls back when the connection is lost. The next execution connects anew. */
	readonly onLost?: (listener: (error: HolmError) => void) => void;
	/** Ends all that was started and not released. */
	readonly close: () => void;
};
