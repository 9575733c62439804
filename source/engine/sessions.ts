import {type Readable, type Writable} from 'node:stream';

/**
Standard streams of a process, live.

With a terminal everything comes on `stdout` as the terminal's bytes. Destroying `stdin` without ending it detaches; ending it gives the process its end of file.
*/
export type Session = {
	readonly terminal: boolean;
	readonly stdin: Writable;
	readonly stdout: Readable;
	readonly stderr: Readable;
	/** Ends the session and leaves the process as it is. */
	close: () => void;
};

export type TerminalSize = {readonly rows: number; readonly columns: number};

/** Live standard streams of a container's main process. */
export type SessionsVerbs = {
	/** Output from now on; `logs` sends what was written before it first. A container that is not yet running may be attached, so that nothing of its start is missed. */
	attachContainer: (reference: string, options?: {readonly stdin?: boolean; readonly logs?: boolean}) => Promise<Session>;
	resizeContainer: (reference: string, size: TerminalSize) => Promise<void>;
};
