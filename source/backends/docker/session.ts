import {Readable, Writable} from 'node:stream';
import {createFrameDecoder, type FramePiece} from '../../wire/frames.js';
import {encodeStdin} from '../../wire/stdin-frames.js';
import type {Session} from '../../engine/sessions.js';
import {HolmError} from '../../engine/errors.js';
import type {Client, Hijacked} from './client.js';
import {connectionError} from './failures.js';

/** Docker's default detach keys: on a terminal, the only way to detach without sending end of file. */
const dockerDetachKeys = Uint8Array.of(0x10, 0x11);

/** Session over a hijacked connection. */
export const createSession = (
	client: Client,
	{socket, source, isFramed}: Hijacked,
	{terminal, stdin: hasStdin}: {readonly terminal: boolean; readonly stdin: boolean},
): Session => {
	const waiting = new Set<Readable>();
	const createOutput = () => {
		const stream = new Readable({
			read() {
				waiting.delete(stream);
				if (waiting.size === 0) {
					source.resume();
				}
			},
		});
		// Readers get the error; without one, it must not crash the process.
		stream.on('error', () => undefined);
		return stream;
	};

	const outputs = {stdout: createOutput(), stderr: createOutput()};
	const both = [outputs.stdout, outputs.stderr];
	let isOver = false;

	const fail = (error: HolmError) => {
		isOver = true;
		socket.destroy();
		for (const stream of both) {
			stream.destroy(error);
		}
	};

	const push = ({stream, bytes}: Pick<FramePiece, 'stream' | 'bytes'>) => {
		if (stream === 'error') {
			fail(new HolmError('internal', new TextDecoder().decode(bytes).trim()));
		} else if (!outputs[stream].destroyed && !outputs[stream].push(bytes)) {
			waiting.add(outputs[stream]);
			source.pause();
		}
	};

	const decode = terminal ? (bytes: Uint8Array): Array<Pick<FramePiece, 'stream' | 'bytes'>> => [{stream: 'stdout', bytes}] : createFrameDecoder();
	source.on('data', (chunk: Uint8Array) => {
		try {
			for (const piece of decode(chunk)) {
				push(piece);
			}
		} catch (error) {
			fail(connectionError(error, client.address));
		}
	});
	source.once('end', () => {
		isOver = true;
		for (const stream of both) {
			stream.push(null);
		}

		socket.destroySoon();
	});
	const onLost = (error?: Error) => {
		if (!isOver) {
			fail(connectionError(error ?? Object.assign(new Error('closed'), {code: 'ECONNRESET'}), client.address));
		}
	};

	source.once('error', onLost);
	source.once('close', () => {
		onLost();
	});
	if (source !== socket) {
		socket.on('error', () => undefined);
	}

	const close = () => {
		if (isOver) {
			return;
		}

		isOver = true;
		if (!isFramed && terminal && hasStdin && socket.writable) {
			socket.end(dockerDetachKeys);
			socket.resume();
		} else {
			socket.destroy();
		}

		for (const stream of both) {
			stream.destroy();
		}
	};

	const stdin = new Writable({
		write(chunk: Uint8Array, _encoding, done) {
			if (socket.writable) {
				socket.write(isFramed ? encodeStdin(chunk) : chunk, () => {
					done();
				});
			} else {
				done();
			}
		},
		final(done) {
			if (isFramed && socket.writable) {
				socket.write(encodeStdin(new Uint8Array()), () => {
					done();
				});
			} else {
				socket.end();
				done();
			}
		},
		destroy(error, done) {
			if (!stdin.writableFinished) {
				close();
			}

			done(error);
		},
	});
	stdin.on('error', () => undefined);
	return {terminal, stdin, ...outputs, close};
};
