import {Buffer} from 'node:buffer';
import type {Readable} from 'node:stream';
import {HolmError} from '../../engine/errors.js';
import {escapeControls} from '../../text/escape.js';
import type {Transport} from './transport.js';

export type CollectOptions = {
	/** Bytes for its standard input; default none. */
	readonly input?: Uint8Array | Readable;
	/** Milliseconds until it is killed; default 15 seconds, more than the ten of Apple's service. */
	readonly limitMs?: number;
	readonly environment?: Readonly<Record<string, string>>;
	readonly signal?: AbortSignal;
	/** Called with each piece of standard error. */
	readonly onError?: (text: string) => void;
};

export type Collected = {readonly stdout: Buffer; readonly stderr: string; readonly exitCode: number};

const defaultLimitMs = 15_000;

/** Bytes of output at most; the longest documents list images. */
const longestOutput = 32 * 1024 ** 2;

/** Bytes of standard error that are kept, from its end. */
const longestComplaint = 64 * 1024;

const nameOf = (argv: readonly string[]) => {
	const [program = '', ...words] = argv;
	return escapeControls(program.endsWith('/sh') ? 'a shell' : [program.split('/').at(-1), ...words.slice(0, 2)].join(' ').slice(0, 80));
};

/** Runs a program to its end. Throws `unavailable` if it takes too long, and `internal` if it prints too much. */
export const collect = async (transport: Transport, argv: readonly string[], options: CollectOptions = {}): Promise<Collected> => {
	const {input, limitMs = defaultLimitMs, environment, signal, onError} = options;
	const execution = await transport.execute(argv, {environment, isShort: Number.isFinite(limitMs)});
	let failure: HolmError | undefined;
	const give = (error: HolmError) => {
		failure ??= error;
		execution.signal('SIGKILL');
		execution.stdout.destroy();
		execution.stderr.destroy();
	};

	const timer = Number.isFinite(limitMs) ? setTimeout(() => {
		give(new HolmError(
			'unavailable',
			`${nameOf(argv)} did not end within ${limitMs / 1000} seconds on ${transport.name}`,
			{remedy: 'container system stop there, then container system start'},
		));
	}, limitMs) : undefined;
	const onAbort = () => {
		give(new HolmError('unavailable', `${nameOf(argv)} was cancelled`, {cause: signal?.reason}));
	};

	signal?.addEventListener('abort', onAbort, {once: true});
	if (signal?.aborted) {
		onAbort();
	}

	const chunks: Uint8Array[] = [];
	let length = 0;
	let stderr = '';
	const reading = [execution.stdout, execution.stderr].map(async stream => new Promise<void>(resolve => {
		stream.once('close', resolve);
		stream.once('end', resolve);
	}));
	execution.stdout.on('data', (chunk: Uint8Array) => {
		length += chunk.length;
		chunks.push(chunk);
		if (length > longestOutput) {
			give(new HolmError(
				'internal',
				`${nameOf(argv)} printed more than ${longestOutput / 1024 ** 2} MiB on ${transport.name}`,
				{remedy: 'check whether that program is Apple\'s container'},
			));
		}
	});
	execution.stderr.on('data', (chunk: Uint8Array) => {
		const text = Buffer.from(chunk).toString();
		onError?.(text);
		stderr = (stderr + text).slice(-longestComplaint);
	});
	if (input && 'pipe' in input) {
		input.on('error', () => {
			execution.stdin.destroy();
		});
		input.pipe(execution.stdin);
	} else {
		execution.stdin.end(input);
	}

	try {
		const [{exitCode = 255}] = await Promise.all([execution.ended, ...reading]);
		if (failure) {
			throw failure;
		}

		return {stdout: Buffer.concat(chunks), stderr, exitCode};
	} finally {
		clearTimeout(timer);
		signal?.removeEventListener('abort', onAbort);
	}
};
