import {Buffer} from 'node:buffer';
import type {Duplex} from 'node:stream';
import {HolmError} from '../engine/errors.js';
import type {Exchange} from './exchange.js';

/** Longest message that a client may send; it is kept in memory until it is whole. */
const maximumMessageBytes = 4 * 1024 * 1024;

/** Throws `invalid` for a request without a WebSocket's handshake. */
export const assertWebSocket = ({isUpgrade, request: {headers}}: Pick<Exchange, 'isUpgrade' | 'request'>): void => {
	if (!isUpgrade || headers.upgrade?.toLowerCase() !== 'websocket') {
		throw new HolmError('invalid', 'the request does not ask for a WebSocket', {remedy: 'send Connection: Upgrade and Upgrade: websocket, or POST /containers/{id}/attach'});
	}
};

/**
Accepts a WebSocket on the connection of a request. What is written to it goes out as binary messages, as Docker's does; its end is the client's.

Undefined if the handshake is faulty; the client has been told then.
*/
export const acceptWebSocket = async ({request, takeOver}: Pick<Exchange, 'request' | 'takeOver'>): Promise<Duplex | undefined> => {
	const {WebSocketServer, createWebSocketStream} = await import('ws');
	const server = new WebSocketServer({
		noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: maximumMessageBytes,
	});
	let stream: Duplex | undefined;
	// The callback is called before this returns, or never.
	server.handleUpgrade(request, takeOver(), Buffer.alloc(0), webSocket => {
		stream = createWebSocketStream(webSocket);
		// After its end, nothing can be written: unlike a session on the plain connection, it has no halves.
		stream.once('end', () => {
			stream?.destroy();
		});
	});
	return stream;
};
