import type {Duplex} from 'node:stream';
import {setTimeout as delay} from 'node:timers/promises';
import type {LogEntry} from '../engine/resources.js';
import {encodeFrame} from '../wire/frames.js';
import {stdinFramed, stdinHeader} from '../wire/stdin-frames.js';
import {writeSlowly} from '../wire/write-slowly.js';
import type {Exchange} from './exchange.js';
import {untilAborted} from './streams.js';

export const rawStream = 'application/vnd.docker.raw-stream';
export const multiplexedStream = 'application/vnd.docker.multiplexed-stream';

/** Content type of an output stream; versions before 1.42 have one for both kinds. */
export const streamType = ({minorVersion}: Pick<Exchange, 'minorVersion'>, isRaw: boolean): string =>
	isRaw || minorVersion < 42 ? rawStream : multiplexedStream;

/** Clients of Docker's library for Python, which Ansible has a copy of. */
const isPython = ({request: {headers}}: Pick<Exchange, 'request'>): boolean => /python|docker-py|ansible/iv.test(headers['user-agent'] ?? '');

/** The buffer through which Python reads a head, up to version 3.13. */
const pythonBuffer = 8192;

/** Fills the head's last lines up to the buffer's size, so that a client that is late reads no output with it. */
const padded = (head: string): string => {
	const end = '\r\n\r\n';
	const line = `${head.slice(0, -end.length)}\r\nHolm-Padding: `;
	return `${line}${'.'.repeat(Math.max(pythonBuffer - line.length - end.length, 0))}${end}`;
};

/** Response head that starts a session on the connection. Without an upgrade request, this is Docker's hijacked connection. */
export const sessionHead = (exchange: Exchange, isRaw: boolean, isFramed = false): string => {
	const own = ['Server', 'Api-Version'].map(name => `${name}: ${String(exchange.response.getHeader(name))}`);
	const head = [
		...exchange.isUpgrade
			? ['HTTP/1.1 101 UPGRADED', `Content-Type: ${streamType(exchange, isRaw)}`, 'Connection: Upgrade', 'Upgrade: tcp']
			: ['HTTP/1.1 200 OK', `Content-Type: ${rawStream}`],
		...isFramed ? [`${stdinHeader}: ${stdinFramed}`] : [],
		...own,
		'',
		'',
	].join('\r\n');
	return isPython(exchange) ? padded(head) : head;
};

const headPauseMs = 20;

/**
Resolves when the client has probably read the head of a session. Output waits for it.

Python's clients read the head through a buffer and lose what arrives with it, such as the log of an attached container. Docker has no such pause, but takes a while to read a log. The pause is for those that the padding does not protect.
*/
export const untilHeadIsRead = async ({isHolm}: Pick<Exchange, 'isHolm'>): Promise<void> => isHolm ? undefined : delay(headPauseMs);

/** Calls `onEnd` when the client has ended its half. It may have done so with its request, and the end came with the body. */
export const whenEnded = (socket: Duplex, onEnd: () => void): void => {
	if (socket.readableEnded) {
		onEnd();
	} else {
		socket.once('end', onEnd);
	}
};

/** Probes whether a half-closed client still listens: one that listens ignores an empty frame, one that is gone causes a socket error. */
export const probe = (socket: Duplex, milliseconds: number): (() => void) => {
	let timer: NodeJS.Timeout | undefined;
	const onEnd = () => {
		timer = setInterval(() => {
			if (!socket.destroyed && socket.writable) {
				socket.write(encodeFrame('stdout', new Uint8Array()));
			}
		}, milliseconds);
		timer.unref();
	};

	whenEnded(socket, onEnd);
	return () => {
		socket.off('end', onEnd);
		clearInterval(timer);
	};
};

/** Ends the server's half and waits for the client's. With unread input the kernel would reset the connection, and the client would lose the end of the output. */
export const closeGently = (socket: Duplex, milliseconds: number) => {
	socket.resume();
	socket.end();
	const timer = setTimeout(() => {
		socket.destroy();
	}, milliseconds);
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

/** Hijacks the connection, sends the entries read, and ends the session. */
export const sendEntries = async (
	exchange: Exchange,
	isTerminal: boolean,
	read: (signal: AbortSignal) => AsyncIterable<LogEntry>,
): Promise<void> => {
	const socket = exchange.takeOver();
	const leaving = new AbortController();
	socket.on('error', () => undefined);
	socket.once('close', () => {
		leaving.abort();
	});
	socket.write(sessionHead(exchange, isTerminal));
	socket.resume();
	await untilHeadIsRead(exchange);
	try {
		for await (const {stream, bytes} of untilAborted(read(leaving.signal), leaving.signal)) {
			await writeSlowly(socket, isTerminal ? bytes : encodeFrame(stream, bytes));
		}
	} catch {
		socket.destroy();
		return;
	}

	closeGently(socket, exchange.patienceMilliseconds);
};
