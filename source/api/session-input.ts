import {type Duplex, type Writable} from 'node:stream';
import {createDetachFilter} from '../terminal/detach-keys.js';
import type {Session} from '../engine/sessions.js';
import {createStdinDecoder} from '../wire/stdin-frames.js';

const isOpen = (stream: Writable) => !stream.destroyed && !stream.writableEnded;

/** Hands input on to the process, and reads no more while it is slow; what comes after the process has closed its end is dropped. */
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

/** Reads input in frames; `leave` is called when the client has gone. */
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
	// A client of this kind never closes one half only.
	socket.on('end', leave);
};

/** Reads input as it comes; `leave` is called when the client has typed the keys that detach, or has gone from a terminal. */
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
	socket.on('end', () => {
		// As in Docker: a terminal has an end of file of its own, Ctrl-D, and its client has detached.
		if (session.terminal) {
			leave();
		} else {
			endInput(session.stdin);
		}
	});
};
