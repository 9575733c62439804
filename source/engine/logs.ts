import type {LogEntry} from './resources.js';

export type LogOptions = {
	readonly follow?: boolean;
	/** Last lines only; default all. */
	readonly tail?: number;
	/** Milliseconds since the epoch. */
	readonly since?: number;
	readonly until?: number;
	readonly stdout?: boolean;
	readonly stderr?: boolean;
	readonly signal?: AbortSignal;
};

export type BootLogOptions = Pick<LogOptions, 'follow' | 'tail' | 'signal'>;

/** Output of containers, and of the kernels of their VMs. */
export type LogsVerbs = {
	/** In the order of the container's output. */
	logs: (reference: string, options?: LogOptions) => AsyncIterable<LogEntry>;
	/**
	Console output of the VM's kernel and guest since its boot, or of the last VM if none runs; following ends with the VM. A console has no timestamps: an entry was printed before its time. Throws `not-found` for a container that has had no VM yet.

	Absent from a backend without VMs.
	*/
	bootLog?: (reference: string, options?: BootLogOptions) => AsyncIterable<LogEntry>;
};
