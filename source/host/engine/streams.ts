import {PassThrough, Transform, Writable} from 'node:stream';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {ExecConfiguration} from '../../engine/execs.js';
import type {Session} from '../../engine/sessions.js';
import {createLogParser} from '../../rules/containers/log-parser.js';
import {readLog} from '../containers/log.js';
import {endsWithin} from '../machines/patience.js';
import type {GuestCommand} from '../machines/ssh/agent.js';
import {isLive, machineOf, type Entry, type Context} from './context.js';

/** Conmon hands what it reads here to the process; what the process answers comes out of the log. */
const inputCommand = 'exec socat -t 0 STDIO UNIX-CONNECT:/run/holm/bundle/attach,type=5 >/dev/null';

/** The end of a machine is known this soon after its guest has gone. */
const endLimitMs = 2000;

/** Writes a chunk. Waits while the stream is full: until it drains or closes, or `signal` aborts. */
const write = async (stream: Writable, chunk: Uint8Array, signal?: AbortSignal): Promise<void> => {
	if (stream.write(chunk) || signal?.aborted) {
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

/** Standard input of the process, shared by everybody who is attached: opened by the first one and kept until the run ends. */
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
	// One that could not be opened is not what the next writer waits for.
	opening.catch(() => {
		if (run.stdin === opening) {
			run.stdin = undefined;
		}
	});
	return opening;
};

/**
One attached client's end of standard input: what it writes waits until the process runs. Its end is the process's end of file, unless there is a terminal, whose end of file is a key.

`onFailure` hears why a process that runs on does not get it.
*/
const inputOf = (entry: Entry, started: Promise<void>, onFailure: (error: unknown) => void): Writable => {
	const {terminal} = entry.container.configuration;
	const open = async () => {
		await started;
		return openInput(entry);
	};

	/** When the process is gone, nobody reads what was meant for it. */
	const hear = async (error: unknown) => {
		const machine = machineOf(entry);
		if (machine && !await endsWithin(machine.ended, endLimitMs)) {
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
					await hear(error);
				}

				done();
			})();
		},
		final(done) {
			void (async () => {
				try {
					const input = terminal ? undefined : await open();
					input?.end();
				} catch (error) {
					await hear(error);
				}

				done();
			})();
		},
	});
};

/** Resolves when the container runs; rejects when `ended` aborts first. */
const runs = async (entry: Entry, ended: AbortSignal): Promise<void> => {
	while (!isLive(entry)) {
		if (ended.aborted) {
			throw new HolmError('conflict', `container ${entry.container.name} is not running`);
		}

		await entry.changed.wait(ended);
	}
};

/**
A live view of a container's output, read from its log: what the process writes is there a moment later, whoever else is attached and whatever becomes of the engine.
*/
export const attach = async ({paths, log}: Pick<Context, 'paths' | 'log'>, entry: Entry, {stdin = false, logs = false}: {readonly stdin?: boolean; readonly logs?: boolean} = {}): Promise<Session> => {
	const {container: {configuration, id, name}, ended: {signal: ended}} = entry;
	const {terminal} = configuration;
	const stdout = new PassThrough();
	const stderr = new PassThrough();
	const leaving = new AbortController();
	const streams = {stdout, stderr};
	const {promise: begun, resolve: begin} = Promise.withResolvers<void>();
	const reading = readLog(paths.container(id).log, {
		follow: true, ended, signal: leaving.signal, onBegin: begin, ...!logs && {tail: 0},
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
			begin();
		}
	})();

	// What is written after the caller knows that it is attached must not come before the reading.
	await begun;

	const started = runs(entry, ended);
	started.catch(() => undefined);
	const input = stdin && configuration.openStdin
		? inputOf(entry, started, (error: unknown) => {
			if (leaving.signal.aborted) {
				return;
			}

			const reason = `what is written to container ${name} does not reach it: ${messageOf(error)}`;
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

/** What a terminal of conmon's says, out of the records that it comes in. */
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

/** A session of a command in a guest. Its streams end only once the exit status is known; `onExit` gets that first. */
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
	void status.then(code => {
		// Without one it was cut off with its machine.
		onExit(code ?? 137);
		stdout.end();
		stderr.end();
	});
	let input: Writable = source;
	if (terminal) {
		// A terminal's end of file is a key; that of its channel means that nobody holds it any more.
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
			// The process goes on; what it still writes is nobody's.
			stdout.resume();
			stderr.resume();
		},
	};
};
