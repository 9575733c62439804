import type {Duplex, Writable} from 'node:stream';
import {createDetachFilter} from '../terminal/detach-keys.js';
import type {Session} from '../engine/sessions.js';
import {createStdinDecoder} from '../wire/stdin-frames.js';
import {whenEnded} from './hijack.js';

const isOpen = (stream: Writable) => !stream.destroyed && !stream.writableEnded;

/** Forwards input to the process with backpressure; drops input once the process has closed its end. */
const createFeed = (socket: Duplex, stdin: Writable): ((bytes: Uint8Array) => void) => {
	let isWaiting = false;
	const onReady = () => {
		isWaiting = false;
		stdin.off('drain', onReady);
		stdin.off('close', onReady);
		socket.resume();
	};

	return bytes => {
		if (bytes.length === 0 || !isOpen(stdin) || stdin.write(bytes) || isWaiting) {
			return;
		}

		isWaiting = true;
		socket.pause();
		stdin.on('drain', onReady);
		stdin.on('close', onReady);
	};
};

const endInput = (stdin: Writable) => {
	if (isOpen(stdin)) {
		stdin.end();
	}
};

/** Reads framed input; calls `leave` when the client disconnects. */
export const readFramed = (socket: Duplex, session: Session, leave: () => void) => {
	const decode = createStdinDecoder();
	const feed = createFeed(socket, session.stdin);
	socket.on('data', (chunk: Uint8Array) => {
		for (const bytes of decode(chunk)) {
			if (bytes.length === 0) {
				endInput(session.stdin);
			} else {
				feed(bytes);
			}
		}
	});
	// Clients with framed input never half-close.
	whenEnded(socket, leave);
};

/** Reads raw input; calls `leave` when the client types the detach keys, or disconnects from a terminal. */
export const readRaw = (socket: Duplex, session: Session, leave: () => void, keys: Uint8Array) => {
	const filter = createDetachFilter(keys);
	const feed = createFeed(socket, session.stdin);
	socket.on('data', (chunk: Uint8Array) => {
		const {bytes, detached} = keys.length > 0 ? filter(chunk) : {bytes: chunk, detached: false};
		feed(bytes);
		if (detached) {
			leave();
		}
	});
	whenEnded(socket, () => {
		// As in Docker: a terminal has its own end of file, Ctrl-D; a client that half-closes detaches.
		if (session.terminal) {
			leave();
		} else {
			endInput(session.stdin);
		}
	});
};
