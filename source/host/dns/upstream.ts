import {Buffer} from 'node:buffer';
import dgram from 'node:dgram';
import net from 'node:net';
import {HolmError} from '../../engine/errors.js';
import {
	decodeQuestion,
	flags,
	framed,
	headerLength,
	type Message,
} from './message.js';

export type Upstream = {readonly address: string; readonly port: number};

/** `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`; the default port is 53. Throws `invalid`. */
export const parseUpstream = (text: string): Upstream => {
	if (net.isIP(text)) {
		return {address: text, port: 53};
	}

	const groups = /^(?:\[(?<six>[^\]]+)\]|(?<four>[^:]+)):(?<port>\d{1,5})$/v.exec(text)?.groups;
	const address = groups?.six ?? groups?.four ?? '';
	const port = Number(groups?.port);
	if (net.isIP(address) === 0 || port < 1 || port > 65_535) {
		throw new HolmError('invalid', `The upstream name server ${JSON.stringify(text)} is not an address`, {remedy: 'give an address or address:port'});
	}

	return {address, port};
};

/** Whether a message answers the query: it has the same id and question. Anything else is stray or forged (RFC 5452 section 9.1). */
export const isAnswerTo = (query: Message, message: Message): boolean => {
	if (message.length < headerLength || message.readUInt16BE(0) !== query.readUInt16BE(0) || message.readUInt16BE(4) !== 1) {
		return false;
	}

	const isResponse = (message.readUInt16BE(2) & (flags.response | flags.opcode)) === flags.response;
	const asked = decodeQuestion(query);
	const answered = decodeQuestion(message);
	return isResponse && answered?.name === asked?.name && answered?.type === asked?.type && answered?.class === asked?.class;
};

type Ending = {readonly resolve: (message: Message) => void; readonly reject: (error: Error) => void};

/** Uses a new socket per query, which gives an unpredictable source port. It is connected, so the kernel drops datagrams of other hosts. */
const overUdp = (upstream: Upstream, query: Message, {resolve, reject}: Ending) => {
	const socket = dgram.createSocket(net.isIPv6(upstream.address) ? 'udp6' : 'udp4');
	socket.on('error', reject);
	socket.on('message', message => {
		if (isAnswerTo(query, message)) {
			resolve(message);
		}
	});
	socket.on('connect', () => {
		socket.send(query);
	});
	socket.connect(upstream.port, upstream.address);
	return () => {
		socket.close();
	};
};

const overTcp = (upstream: Upstream, query: Message, {resolve, reject}: Ending) => {
	const socket = net.connect({host: upstream.address, port: upstream.port});
	let received = Buffer.alloc(0);
	socket.on('error', reject);
	socket.on('close', () => {
		reject(new Error('The upstream closed the connection'));
	});
	socket.on('data', (chunk: Message) => {
		received = Buffer.concat([received, chunk]);
		if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) {
			return;
		}

		const message = received.subarray(2, 2 + received.readUInt16BE(0));
		if (isAnswerTo(query, message)) {
			resolve(message);
		} else {
			reject(new Error('The upstream answered something else'));
		}
	});
	socket.write(framed(query));
	return () => {
		socket.destroy();
	};
};

type Limits = {
	/** Time limit per transport. */
	readonly timeoutMs: number;
	/** Aborts if the answer is no longer needed. */
	readonly signal: AbortSignal;
};

const exchange = async (transport: typeof overUdp, upstream: Upstream, query: Message, {timeoutMs, signal}: Limits): Promise<Message> => {
	signal.throwIfAborted();
	const {promise, resolve, reject} = Promise.withResolvers<Message>();
	const giveUp = () => {
		reject(new Error('The answer is no longer wanted'));
	};

	const close = transport(upstream, query, {resolve, reject});
	const limit = setTimeout(() => {
		reject(new Error('The upstream did not answer in time'));
	}, timeoutMs);
	signal.addEventListener('abort', giveUp);
	try {
		return await promise;
	} finally {
		signal.removeEventListener('abort', giveUp);
		clearTimeout(limit);
		close();
	}
};

/** Asks one upstream over UDP, and again over TCP if the answer is truncated. Rejects if there is no answer in time. */
export const askUpstream = async (upstream: Upstream, query: Message, limits: Limits): Promise<Message> => {
	const message = await exchange(overUdp, upstream, query, limits);
	return (message.readUInt16BE(2) & flags.truncated) === 0 ? message : exchange(overTcp, upstream, query, limits);
};
