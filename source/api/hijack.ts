import {type Socket} from 'node:net';
import {type Readable, type Writable} from 'node:stream';
import {createDetachFilter, defaultDetachKeys, parseDetachKeys} from '../commands/terminal/detach-keys.js';
import type {Session} from '../engine.js';
import type {Exchange} from './exchange.js';
import {encodeFrame} from './frames.js';
import {createStdinDecoder, stdinFramed, stdinHeader} from './stdin-frames.js';
import {writeSlowly} from './streams.js';

export const rawStream = 'application/vnd.docker.raw-stream';
export const multiplexedStream = 'application/vnd.docker.multiplexed-stream';

/** How a stream of output is described; versions before 1.42 have one word for both kinds. */
export const streamType = ({minorVersion}: Pick<Exchange, 'minorVersion'>, isTerminal: boolean): string =>
	isTerminal || minorVersion < 42 ? rawStream : multiplexedStream;

export type JoinOptions = {
	readonly stdin: boolean;
	readonly stdout: boolean;
	readonly stderr: boolean;
	/** Docker's notation; for sessions with a terminal. */
	readonly detachKeys?: string;
	/** Ends the session from this side. */
	readonly signal?: AbortSignal;
};

/** How long a client may take to close its half of a connection whose session is over. */
const lingerMilliseconds = 10_000;

/** How often a client that has closed its half is asked whether the other one is still there. */
const probeMilliseconds = 15_000;

const head = (exchange: Exchange, terminal: boolean, isFramed: boolean): string => {
	const own = ['Server', 'Api-Version'].map(name => `${name}: ${String(exchange.response.getHeader(name))}`);
	return [
		...exchange.isUpgrade
			? ['HTTP/1.1 101 UPGRADED', `Content-Type: ${streamType(exchange, terminal)}`, 'Connection: Upgrade', 'Upgrade: tcp']
			: ['HTTP/1.1 200 OK', `Content-Type: ${rawStream}`],
		...isFramed ? [`${stdinHeader}: ${stdinFramed}`] : [],
		...own,
		'',
		'',
	].join('\r\n');
};

const isOpen = (stream: Writable) => !stream.destroyed && !stream.writableEnded;

/** Hands input on to the process; what comes after the process has closed its end is dropped. */
const feed = (socket: Socket, stdin: Writable, bytes: Uint8Array) => {
	if (bytes.length > 0 && isOpen(stdin) && !stdin.write(bytes)) {
		socket.pause();
		const onReady = () => {
			stdin.off('drain', onReady);
			stdin.off('close', onReady);
			socket.resume();
		};

		stdin.on('drain', onReady);
		stdin.on('close', onReady);
	}
};

const endInput = (stdin: Writable) => {
	if (isOpen(stdin)) {
		stdin.end();
	}
};

const readFramed = (socket: Socket, session: Session, leave: () => void) => {
	const decode = createStdinDecoder();
	socket.on('data', (chunk: Uint8Array) => {
		for (const bytes of decode(chunk)) {
			if (bytes.length === 0) {
				endInput(session.stdin);
			} else {
				feed(socket, session.stdin, bytes);
			}
		}
	});
	// A client of this kind never closes one half only.
	socket.on('end', leave);
};

const readRaw = (socket: Socket, session: Session, leave: () => void, keys: Uint8Array) => {
	const filter = createDetachFilter(keys);
	socket.on('data', (chunk: Uint8Array) => {
		const {bytes, detached} = keys.length > 0 ? filter(chunk) : {bytes: chunk, detached: false};
		feed(socket, session.stdin, bytes);
		if (detached) {
			leave();
		}
	});
	socket.on('end', () => {
		// As in Docker: a terminal has an end of file of its own, Ctrl-D, and its client has detached.
		if (session.terminal) {
			leave();
		} else {
			endInput(session.stdin);
		}
	});
};

const copyOutput = async (source: Readable, socket: Socket, encode: (bytes: Uint8Array) => Uint8Array) => {
	for await (const chunk of source as AsyncIterable<Uint8Array>) {
		await writeSlowly(socket, encode(chunk));
	}
};

const silence = async (source: Readable) => {
	for await (const _chunk of source) {
		// Somebody has to read it, or the process would wait.
	}
};

/** Tells a half-closed client that has gone from one that listens: an empty frame is nothing to the one and an error from the other. */
const probe = (socket: Socket): (() => void) => {
	let timer: NodeJS.Timeout | undefined;
	const onEnd = () => {
		timer = setInterval(() => {
			if (!socket.destroyed && socket.writable) {
				socket.write(encodeFrame('stdout', new Uint8Array()));
			}
		}, probeMilliseconds);
		timer.unref();
	};

	socket.once('end', onEnd);
	return () => {
		socket.off('end', onEnd);
		clearInterval(timer);
	};
};

const closeGently = (socket: Socket) => {
	// Unread input would make the system reset the connection, and the client lose the end of the output.
	socket.resume();
	socket.end();
	const timer = setTimeout(() => {
		socket.destroy();
	}, lingerMilliseconds);
	timer.unref();
	const close = () => {
		clearTimeout(timer);
		socket.destroy();
	};

	if (socket.readableEnded) {
		socket.once('finish', close);
	} else {
		socket.once('end', close);
	}

	socket.once('close', () => {
		clearTimeout(timer);
	});
};

/**
Takes the connection over and joins it to a session in both directions: output multiplexed unless there is a terminal, input as it comes.

Where the client closes its half the process gets its end of file, unless it has a terminal. A connection that breaks, and the detach keys on a terminal, leave the process as it is. Resolves when the session is over.
*/
export const joinSession = async (exchange: Exchange, session: Session, options: JoinOptions): Promise<void> => {
	const isFramed = exchange.isUpgrade && exchange.request.headers[stdinHeader] === stdinFramed;
	const socket = exchange.takeOver();
	const leave = () => {
		session.close();
		socket.end();
	};

	socket.on('close', () => {
		session.close();
	});
	// The connection's end follows, and is what counts.
	socket.on('error', () => undefined);
	for (const stream of [session.stdin, session.stdout, session.stderr]) {
		stream.on('error', () => undefined);
	}

	if (socket.destroyed || options.signal?.aborted) {
		session.close();
		socket.destroy();
		return;
	}

	options.signal?.addEventListener('abort', leave, {once: true});

	socket.setNoDelay(true);
	socket.write(head(exchange, session.terminal, isFramed));
	if (isFramed) {
		readFramed(socket, session, leave);
	} else if (options.stdin) {
		readRaw(socket, session, leave, session.terminal ? parseDetachKeys(options.detachKeys ?? defaultDetachKeys) : new Uint8Array());
	} else {
		socket.resume();
	}

	const stopProbing = session.terminal ? undefined : probe(socket);
	const encoder = (stream: 'stdout' | 'stderr') => (bytes: Uint8Array) => session.terminal ? bytes : encodeFrame(stream, bytes);
	await Promise.allSettled([
		options.stdout ? copyOutput(session.stdout, socket, encoder('stdout')) : silence(session.stdout),
		options.stderr && !session.terminal ? copyOutput(session.stderr, socket, encoder('stderr')) : silence(session.stderr),
	]);
	stopProbing?.();
	session.close();
	closeGently(socket);
};
