import {PassThrough, Transform, Writable} from 'node:stream';
import {finished} from 'node:stream/promises';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {ExecConfiguration} from '../../engine/execs.js';
import type {Session} from '../../engine/sessions.js';
import {createLogParser} from '../../rules/containers/log-parser.js';
import {readLog} from '../containers/log.js';
import {endLimitMs, willEndWithin} from '../machines/patience.js';
import type {GuestCommand} from '../machines/ssh/agent.js';
import {isLive, machineOf, type Entry, type Context} from './context.js';

/** Conmon passes this input to the process; the output comes from the log. */
const inputCommand = 'exec socat -t 0 STDIO UNIX-CONNECT:/run/holm/bundle/attach,type=5 >/dev/null';

/** Writes a chunk. Waits while the stream is full: until it drains or closes, or `signal` aborts. */
const write = async (stream: Writable, chunk: Uint8Array, signal?: AbortSignal): Promise<void> => {
	if (stream.write(chunk) || stream.destroyed || signal?.aborted) {
		return;
	}

	const {promise, resolve} = Promise.withResolvers<void>();
	const proceed = () => {
		resolve();
	};

	stream.once('drain', proceed);
	stream.once('close', proceed);
	signal?.addEventListener('abort', proceed);
	await promise;
	stream.off('drain', proceed);
	stream.off('close', proceed);
	signal?.removeEventListener('abort', proceed);
};

/** Standard input of the process. All attached clients share it; it stays open until the run ends. */
const openInput = async (entry: Entry): Promise<Writable> => {
	const {run} = entry;
	if (run.state !== 'live') {
		throw new HolmError('conflict', `container ${entry.container.name} is not running`, {remedy: `holm start ${entry.container.name}`});
	}

	if (run.stdin) {
		return run.stdin;
	}

	const opening = (async () => {
		const {channel} = await run.machine.agent.open(inputCommand);
		channel.on('error', () => undefined);
		channel.resume();
		channel.stderr.resume();
		return channel;
	})();
	run.stdin = opening;
	// After a failure the next write tries again.
	opening.catch(() => {
		if (run.stdin === opening) {
			run.stdin = undefined;
		}
	});
	return opening;
};

/**
One attached client's standard input. Writes wait until the process runs. Its end is the process's end of file, except if standard input is kept open, and on a terminal, where end of file is a key.

`onFailure` is called with the error if input cannot reach a process that still runs.
*/
const inputOf = (entry: Entry, started: Promise<void>, onFailure: (error: unknown) => void): Writable => {
	const {terminal, keepStdin = false} = entry.container.configuration;
	const open = async () => {
		await started;
		return openInput(entry);
	};

	/** Input for a process that has ended is dropped. */
	const reportUnlessEnded = async (error: unknown) => {
		const machine = machineOf(entry);
		if (machine && !await willEndWithin(machine.ended, endLimitMs)) {
			onFailure(error);
		}
	};

	return new Writable({
		write(chunk: Uint8Array, _encoding, done) {
			void (async () => {
				try {
					const input = await open();
					await write(input, chunk);
				} catch (error) {
					await reportUnlessEnded(error);
				}

				done();
			})();
		},
		final(done) {
			void (async () => {
				try {
					const input = terminal || keepStdin ? undefined : await open();
					input?.end();
				} catch (error) {
					await reportUnlessEnded(error);
				}

				done();
			})();
		},
	});
};

/** Resolves when the container runs; rejects if `ended` aborts first. */
const untilRunning = async (entry: Entry, ended: AbortSignal): Promise<void> => {
	while (!isLive(entry)) {
		if (ended.aborted) {
			throw new HolmError('conflict', `container ${entry.container.name} is not running`);
		}

		await entry.changed.wait(ended);
	}
};

/** Attaches to a container. Output comes from the log, so it does not depend on other clients or on the engine. */
export const attach = async ({paths, log}: Pick<Context, 'paths' | 'log'>, entry: Entry, {stdin = false, logs = false}: {readonly stdin?: boolean; readonly logs?: boolean} = {}): Promise<Session> => {
	const {container: {configuration, id, name}, ended: {signal: ended}} = entry;
	const {terminal} = configuration;
	const stdout = new PassThrough();
	const stderr = new PassThrough();
	const leaving = new AbortController();
	const streams = {stdout, stderr};
	const {promise: ready, resolve: onBegin} = Promise.withResolvers<void>();
	const reading = readLog(paths.container(id).log, {
		follow: true, ended, signal: leaving.signal, onBegin, ...!logs && {tail: 0},
	});
	const over = Promise.allSettled([stdout, stderr].map(async output => finished(output)));
	entry.attached.add(over);
	void over.then(() => {
		entry.attached.delete(over);
	});
	void (async () => {
		try {
			for await (const {stream, bytes} of reading) {
				await write(streams[terminal ? 'stdout' : stream], bytes, leaving.signal);
			}

			stdout.end();
			stderr.end();
		} catch (error) {
			stdout.destroy(error as Error);
			stderr.end();
			onBegin();
		}
	})();

	// No output may be missed once the caller is attached.
	await ready;

	const started = untilRunning(entry, ended);
	started.catch(() => undefined);
	const input = stdin && configuration.openStdin
		? inputOf(entry, started, (error: unknown) => {
			if (leaving.signal.aborted) {
				return;
			}

			const reason = `input cannot reach container ${name}: ${messageOf(error)}`;
			log(reason);
			leaving.abort();
			stdout.destroy(new HolmError('unavailable', reason, {cause: error}));
			stderr.end();
		})
		: new Writable({
			write(_chunk, _encoding, done) {
				done();
			},
		});
	input.on('error', () => undefined);
	return {
		terminal,
		stdin: input,
		stdout,
		stderr,
		close() {
			leaving.abort();
			input.destroy();
			stdout.destroy();
			stderr.destroy();
		},
	};
};

/** Extracts terminal output from conmon's log records. */
const terminalOutput = () => {
	const parser = createLogParser();
	return new Transform({
		transform(chunk: Uint8Array, _encoding, done) {
			for (const {entry} of parser.push(chunk)) {
				this.push(entry.bytes);
			}

			done();
		},
	});
};

/** A session with a command in a guest. Its streams end once the exit code is known and `onExit` has been called. */
export const joinCommand = (
	{channel: source, status}: GuestCommand,
	{terminal, stdin}: Pick<ExecConfiguration, 'terminal' | 'stdin'>,
	onExit: (exitCode: number) => void,
): Session => {
	const stdout = terminal ? terminalOutput() : new PassThrough();
	const stderr = new PassThrough();
	source.pipe(stdout, {end: false});
	source.stderr.pipe(stderr, {end: false});
	source.on('error', () => undefined);
	const complaints = finished(source.stderr).catch(() => undefined);
	void status.then(async code => {
		// Without an exit code, it was killed with its VM.
		onExit(code ?? 137);
		stdout.end();
		// The status does not wait for a reader of standard error.
		await complaints;
		stderr.end();
	});
	let input: Writable = source;
	if (terminal) {
		// On a terminal, end of file is a key; the end of the channel would hang up the terminal.
		const keys = new PassThrough();
		keys.pipe(source, {end: false});
		input = keys;
	} else if (!stdin) {
		source.end();
	}

	return {
		terminal,
		stdin: input,
		stdout,
		stderr,
		close() {
			// The process continues; its further output is discarded.
			stdout.resume();
			stderr.resume();
		},
	};
};
