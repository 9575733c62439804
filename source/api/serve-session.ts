import {Buffer} from 'node:buffer';
import type {Duplex, Readable} from 'node:stream';
import {defaultDetachKeys, parseDetachKeys} from '../terminal/detach-keys.js';
import type {Session} from '../engine/sessions.js';
import {HolmError} from '../engine/errors.js';
import {encodeFrame} from '../wire/frames.js';
import {stdinFramed, stdinHeader} from '../wire/stdin-frames.js';
import {writeSlowly} from '../wire/write-slowly.js';
import type {Exchange} from './exchange.js';
import {closeGently, probe, sessionHead, untilHeadIsRead} from './hijack.js';
import {withLineEnds} from './line-ends.js';
import {readFramed, readRaw} from './session-input.js';
import {acceptWebSocket} from './web-socket.js';

export type ServeSessionOptions = {
	readonly stdin: boolean;
	readonly stdout: boolean;
	readonly stderr: boolean;
	/** Key bytes that detach from a terminal; default Docker's. */
	readonly detachKeys?: Uint8Array;
	/** No other session can send the process input: it gets end of file when the connection closes, for whatever reason. */
	readonly ownsInput?: boolean;
	/** Output is sent without frames; default if the session has a terminal. */
	readonly isRaw?: boolean;
	/** Ends the session. */
	readonly signal?: AbortSignal;
	/** The client has asked for a WebSocket. It has no frames of Docker's: both streams are sent raw, in binary messages. */
	readonly isWebSocket?: boolean;
};

/** Parses detach keys in Docker's notation into bytes; throws `invalid`. */
export const detachKeysOf = (keys: string | undefined): Uint8Array | undefined => keys === undefined ? undefined : parseDetachKeys(keys);

type CopyOptions = {readonly begin: Promise<void> | undefined; readonly encode: (bytes: Uint8Array) => Uint8Array};

const copyOutput = async (source: AsyncIterable<Uint8Array>, socket: Duplex, {begin, encode}: CopyOptions) => {
	await begin;
	for await (const chunk of source) {
		await writeSlowly(socket, encode(chunk));
	}
};

const silence = async (source: Readable) => {
	for await (const _chunk of source) {
		// Unread output would block the process.
	}
};

type CopyAllOptions = Pick<ServeSessionOptions, 'stdin' | 'stdout' | 'stderr'> & Pick<CopyOptions, 'begin'> & {readonly isRaw: boolean};

/** Copies the streams that are wanted, up to their ends. */
const copyOutputs = async (socket: Duplex, {terminal, stdout, stderr}: Session, options: CopyAllOptions) => {
	const {begin, isRaw} = options;
	const encoder = (stream: 'stdout' | 'stderr') => (bytes: Uint8Array) => isRaw ? bytes : encodeFrame(stream, bytes);
	const output = terminal && !options.stdin ? withLineEnds(stdout) : stdout;
	return Promise.allSettled([
		options.stdout ? copyOutput(output, socket, {begin, encode: encoder('stdout')}) : silence(stdout),
		options.stderr && !terminal ? copyOutput(stderr, socket, {begin, encode: encoder('stderr')}) : silence(stderr),
	]);
};

/** Sends the first failure of the engine as a frame. */
const sendFailure = (socket: Duplex, copies: ReadonlyArray<PromiseSettledResult<void>>): void => {
	const failure: unknown = copies.find(copy => copy.status === 'rejected')?.reason;
	if (failure instanceof HolmError && socket.writable) {
		socket.write(encodeFrame('error', Buffer.from(failure.message)));
	}
};

/** The bytes that detach from a session; none without a terminal. */
const keysFor = ({terminal}: Session, {detachKeys}: ServeSessionOptions): Uint8Array =>
	terminal ? detachKeys ?? parseDetachKeys(defaultDetachKeys) : new Uint8Array();

const hasFramedInput = ({isUpgrade, request}: Exchange): boolean => isUpgrade && request.headers[stdinHeader] === stdinFramed;

/** Begins a session on a hijacked connection. Resolves when output may follow. */
const sendHead = async (socket: Duplex, exchange: Exchange, {isRaw, isFramed}: {readonly isRaw: boolean; readonly isFramed: boolean}) => {
	socket.write(sessionHead(exchange, isRaw, isFramed));
	await untilHeadIsRead(exchange);
};

/**
Hijacks the connection and connects it with a session in both directions: raw input; output multiplexed unless it is raw.

When the client closes its half, a process without a terminal gets end of file. A broken connection detaches, as the detach keys do on a terminal: the process keeps running and can be attached again. Resolves at the end of the session.
*/
export const serveSession = async (exchange: Exchange, session: Session, options: ServeSessionOptions): Promise<void> => {
	const {isWebSocket = false, isRaw = session.terminal} = options;
	const isFramed = !isWebSocket && hasFramedInput(exchange);
	const socket = isWebSocket ? await acceptWebSocket(exchange) : exchange.takeOver();
	if (!socket) {
		session.close();
		return;
	}

	const leave = () => {
		session.close();
		socket.end();
	};

	const leaveInput = () => {
		if (options.ownsInput && !session.terminal) {
			session.stdin.end();
		}
	};

	socket.on('close', () => {
		leaveInput();
		session.close();
	});
	// A `close` event follows and is handled.
	socket.on('error', () => undefined);
	for (const stream of [session.stdin, session.stdout, session.stderr]) {
		stream.on('error', () => undefined);
	}

	if (socket.destroyed || options.signal?.aborted) {
		leaveInput();
		session.close();
		socket.destroy();
		return;
	}

	options.signal?.addEventListener('abort', leave, {once: true});

	const begin = isWebSocket ? undefined : sendHead(socket, exchange, {isRaw, isFramed});
	if (isFramed) {
		readFramed(socket, session, leave);
	} else if (options.stdin) {
		readRaw(socket, session, leave, keysFor(session, options));
	} else {
		socket.resume();
	}

	const stopProbing = isRaw ? undefined : probe(socket, exchange.patienceMilliseconds);
	const copies = await copyOutputs(socket, session, {...options, isRaw, begin});
	stopProbing?.();
	session.close();
	if (!isRaw) {
		sendFailure(socket, copies);
	}

	closeGently(socket, exchange.patienceMilliseconds);
};
