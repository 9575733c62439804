import type {Exit, ExitCause} from './resources.js';

/** Linux signals by number, as all its architectures that run containers number them. */
const signals: Readonly<Record<number, readonly [name: string, meaning: string]>> = {
	1: ['SIGHUP', 'hung up'],
	2: ['SIGINT', 'interrupted'],
	3: ['SIGQUIT', 'quit'],
	4: ['SIGILL', 'illegal instruction'],
	5: ['SIGTRAP', 'trace trap'],
	6: ['SIGABRT', 'aborted by itself'],
	7: ['SIGBUS', 'bus error'],
	8: ['SIGFPE', 'arithmetic error'],
	9: ['SIGKILL', 'killed'],
	10: ['SIGUSR1', 'user signal 1'],
	11: ['SIGSEGV', 'segmentation fault'],
	12: ['SIGUSR2', 'user signal 2'],
	13: ['SIGPIPE', 'wrote to a closed pipe'],
	14: ['SIGALRM', 'alarm clock'],
	15: ['SIGTERM', 'terminated'],
	24: ['SIGXCPU', 'processor time limit'],
	25: ['SIGXFSZ', 'file size limit'],
	31: ['SIGSYS', 'system call not allowed'],
};

/** `SIGTERM` for 15, `signal 40` for one without a name. */
export const signalName = (signal: number): string => signals[signal]?.[0] ?? `signal ${signal}`;

/** An exit status in words. */
export const exitCodeWords = (exitCode: number): string => {
	switch (exitCode) {
		case 0: {
			return 'success';
		}

		case 125: {
			return 'the container could not be run';
		}

		case 126: {
			return 'the command cannot be run';
		}

		case 127: {
			return 'command not found';
		}

		case 128: {
			return 'the process could not be started';
		}

		default: {
			const signal = exitCode - 128;
			if (signal < 1 || signal > 64) {
				return 'the program reported an error';
			}

			const known = signals[signal];
			return known ? `${known[1]} (${known[0]})` : `ended by signal ${signal}`;
		}
	}
};

const verbs = {stop: 'stopped', restart: 'restarted', kill: 'sent', remove: 'removed'} as const;

const requestWords = ({verb, signal, by}: Extract<ExitCause, {kind: 'request'}>, exitCode: number): string => {
	const client = by ?? 'a client that did not say its name';
	if (verb === 'kill') {
		return `${client} sent ${signalName(signal)}`;
	}

	const wasSlow = exitCode === 137 && signal !== 9 && verb !== 'remove';
	return `${verbs[verb]} by ${client}${verb === 'remove' ? ', by force' : `, with ${signalName(signal)}`}${wasSlow ? '; it did not end in time and was killed' : ''}`;
};

/** SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV and SIGSYS. */
const crashes: ReadonlySet<number> = new Set([4, 5, 6, 7, 8, 11, 31]);

/** The end of a process that no client asked for. */
const endWords = (exitCode: number): string => {
	const signal = exitCode - 128;
	if (crashes.has(signal)) {
		return 'its process crashed';
	}

	return signal >= 1 && signal <= 64
		? 'no client of the engine asked for it: a signal from inside the container, or a status that the program chose'
		: 'its process ended by itself';
};

/** Who or what ended it, as a sentence without a full stop. */
export const causeWords = ({cause, exitCode}: Pick<Exit, 'cause' | 'exitCode'>): string => {
	switch (cause.kind) {
		case 'process': {
			return endWords(exitCode);
		}

		case 'request': {
			return requestWords(cause, exitCode);
		}

		case 'engine': {
			return 'the engine stopped it, because its host shut down or the engine was stopped';
		}

		case 'out-of-memory': {
			return 'its guest ran out of memory and killed it';
		}

		case 'panic':
		case 'machine': {
			return cause.reason;
		}

		case 'start': {
			return `${cause.phase === undefined ? 'its start failed before it had a machine' : `its start failed in the phase "${cause.phase}"`}: ${cause.reason}`;
		}
	}
};

/** Whether an end is something to look into: it is no failure to end with status 0 or by request. */
export const isFailure = ({cause, exitCode}: Pick<Exit, 'cause' | 'exitCode'>): boolean => {
	switch (cause.kind) {
		case 'request':
		case 'engine': {
			return false;
		}

		case 'process': {
			return exitCode !== 0;
		}

		case 'out-of-memory':
		case 'panic':
		case 'machine':
		case 'start': {
			return true;
		}
	}
};

/** Exit status and cause in one line. */
export const exitSummary = (exit: Pick<Exit, 'cause' | 'exitCode'>): string =>
	`exit status ${exit.exitCode}, ${exitCodeWords(exit.exitCode)}: ${causeWords(exit)}`;
