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
	/** In the order in which the lines left the container. */
	logs: (reference: string, options?: LogOptions) => AsyncIterable<LogEntry>;
	/**
	What the machine's kernel and guest printed on its console, from the boot of the kernel on, or while no machine runs what the last one's printed; following ends with the machine. A console has no times: that of an entry is one at which it had been printed. `not-found` for a container that has had no machine yet.
	Absent from a backend without machines.
	*/
	bootLog?: (reference: string, options?: BootLogOptions) => AsyncIterable<LogEntry>;
};
