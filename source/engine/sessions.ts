import type {Readable, Writable} from 'node:stream';

/**
Standard streams of a process, live.

With a terminal, all output arrives on `stdout` as the terminal's bytes. Ending `stdin` sends the process end of file; destroying it without ending it detaches.
*/
export type Session = {
	readonly terminal: boolean;
	readonly stdin: Writable;
	readonly stdout: Readable;
	readonly stderr: Readable;
	/** Ends the session; the process keeps running. */
	close: () => void;
};

export type TerminalSize = {readonly rows: number; readonly columns: number};

/** Live standard streams of a container's main process. */
export type SessionsVerbs = {
	/** Streams output from now on; `logs` replays earlier output first. A container can be attached before it runs, so that no output of its start is lost. */
	attachContainer: (reference: string, options?: {readonly stdin?: boolean; readonly logs?: boolean}) => Promise<Session>;
	resizeContainer: (reference: string, size: TerminalSize) => Promise<void>;
};
