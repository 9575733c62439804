import {type Duplex} from 'node:stream';
import type {LogEntry} from '../engine/resources.js';
import {encodeFrame} from '../wire/frames.js';
import {stdinFramed, stdinHeader} from '../wire/stdin-frames.js';
import type {Exchange} from './exchange.js';
import {untilAborted, writeSlowly} from './streams.js';

export const rawStream = 'application/vnd.docker.raw-stream';
export const multiplexedStream = 'application/vnd.docker.multiplexed-stream';

/** How a stream of output is described; versions before 1.42 have one word for both kinds. */
export const streamType = ({minorVersion}: Pick<Exchange, 'minorVersion'>, isTerminal: boolean): string =>
	isTerminal || minorVersion < 42 ? rawStream : multiplexedStream;

/** The head of the answer that makes a connection a session's; a client that did not ask to upgrade gets what Docker calls a hijacked connection. */
export const sessionHead = (exchange: Exchange, isTerminal: boolean, isFramed = false): string => {
	const own = ['Server', 'Api-Version'].map(name => `${name}: ${String(exchange.response.getHeader(name))}`);
	return [
		...exchange.isUpgrade
			? ['HTTP/1.1 101 UPGRADED', `Content-Type: ${streamType(exchange, isTerminal)}`, 'Connection: Upgrade', 'Upgrade: tcp']
			: ['HTTP/1.1 200 OK', `Content-Type: ${rawStream}`],
		...isFramed ? [`${stdinHeader}: ${stdinFramed}`] : [],
		...own,
		'',
		'',
	].join('\r\n');
};

/** Tells a half-closed client that has gone from one that listens: an empty frame is nothing to the one and an error from the other. */
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

	socket.once('end', onEnd);
	return () => {
		socket.off('end', onEnd);
		clearInterval(timer);
	};
};

/** Ends our half and waits for the client's: unread input would make the system reset the connection, and the client lose the end of the output. */
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

/** Takes the connection over for what was written up to now: a session that is over when it has been told. */
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
