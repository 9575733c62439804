import {spawn} from 'node:child_process';
import {PassThrough, type Readable} from 'node:stream';
import {StringDecoder} from 'node:string_decoder';
import {HolmError} from '../../engine/errors.js';
import {spawned} from '../spawned.js';

export type InvocationOptions = {
	/** The complete environment; nothing is inherited. */
	readonly environment?: Readonly<Record<string, string>>;
	readonly input?: string;
	readonly signal?: AbortSignal;
};

export type Invocation = {readonly file: string; readonly arguments: readonly string[]; readonly options: InvocationOptions};

export type OutputLine = {readonly stream: 'stdout' | 'stderr'; readonly text: string};

/** A longer line is split into pieces of this many characters. */
const maximumLine = 64 * 1024;

/** Number of last lines of standard error that are kept for the error. */
const keptLines = 20;

type Ending = {readonly exitCode: number; /** The signal that killed it. */ readonly signal?: string};

/** The error of a failed program. `lines` are the last lines of its standard error. */
export class ProgramError extends HolmError {
	readonly lines: readonly string[];
	readonly exitCode: number;

	constructor(program: string, lines: readonly string[], {exitCode, signal}: Ending) {
		const reason = signal === undefined ? lines.at(-1)?.replace(/^Error: /v, '') ?? `exit status ${exitCode}` : `it was killed by ${signal}`;
		const isFull = lines.some(line => line.includes('no space left on device'));
		super(isFull ? 'unavailable' : 'internal', isFull ? `The disk is full: ${program} could not write its files` : `${program} failed: ${reason}`, isFull ? {remedy: 'free some space, or holm image prune'} : {});
		this.lines = lines;
		this.exitCode = exitCode;
	}
}

const sendLines = (source: Readable, stream: OutputLine['stream'], sink: PassThrough): void => {
	const decoder = new StringDecoder('utf8');
	let rest = '';
	let isWaiting = false;
	const push = (text: string) => {
		if (sink.write({stream, text} satisfies OutputLine) || isWaiting) {
			return;
		}

		isWaiting = true;
		source.pause();
		sink.once('drain', () => {
			isWaiting = false;
			source.resume();
		});
	};

	source.on('data', (chunk: Uint8Array) => {
		rest += decoder.write(chunk);
		const lines = rest.split('\n');
		rest = lines.pop() ?? '';
		for (const line of lines) {
			push(line);
		}

		while (rest.length >= maximumLine) {
			push(rest.slice(0, maximumLine));
			rest = rest.slice(maximumLine);
		}
	});
	source.on('end', () => {
		if (rest !== '') {
			push(rest);
		}
	});
};

/**
Runs a program without a shell. It is killed if the caller stops reading.

Throws `unavailable` if it is not installed, `ProgramError` if it fails, and the signal's reason if that aborts.

@yields Lines as they come, from both streams.
*/
export async function * outputLines({file, arguments: arguments_, options}: Invocation): AsyncGenerator<OutputLine, void> {
	options.signal?.throwIfAborted();
	const child = spawned(spawn(file, arguments_, {env: options.environment ?? {}, stdio: 'pipe'}));
	const lines = new PassThrough({objectMode: true});
	const failure: {error?: Error} = {};
	const ended = Promise.withResolvers<Ending>();
	const kill = () => {
		child.kill('SIGKILL');
	};

	child.on('error', error => {
		failure.error = error;
	});
	child.on('close', (exitCode, signal) => {
		ended.resolve({exitCode: exitCode ?? 255, signal: signal ?? undefined});
		lines.end();
	});
	// A program may end before it has read its input; only the exit status counts.
	child.stdin.on('error', () => undefined);
	child.stdin.end(options.input);
	sendLines(child.stdout, 'stdout', lines);
	sendLines(child.stderr, 'stderr', lines);
	options.signal?.addEventListener('abort', kill, {once: true});
	const kept: string[] = [];
	try {
		for await (const line of lines as AsyncIterable<OutputLine>) {
			if (line.stream === 'stderr' && line.text.trim() !== '') {
				kept.push(line.text);
				kept.splice(0, kept.length - keptLines);
			}

			yield line;
		}
	} finally {
		options.signal?.removeEventListener('abort', kill);
		kill();
		await ended.promise;
	}

	const ending = await ended.promise;
	options.signal?.throwIfAborted();
	if (failure.error) {
		throw new HolmError('unavailable', `${file} is not installed`, {remedy: 'holm setup installs what is missing', cause: failure.error});
	}

	if (ending.exitCode !== 0) {
		throw new ProgramError('buildah', kept, ending);
	}
}

/** Runs a program and resolves with its standard output. Throws as `outputLines` does. */
export const collect = async (invocation: Invocation): Promise<string> => {
	const output: string[] = [];
	for await (const {stream, text} of outputLines(invocation)) {
		if (stream === 'stdout') {
			output.push(text);
		}
	}

	return output.join('\n');
};
