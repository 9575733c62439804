import {PassThrough, Writable, type Readable} from 'node:stream';
import type {Session} from '../../engine.js';
import type {Viewer} from './output-hub.js';

export type SessionOptions = {
	readonly terminal: boolean;
	/** Takes what is typed; absent where standard input is not attached. */
	readonly type?: (bytes: Uint8Array) => Promise<void>;
	/** Standard input has ended. */
	readonly endInput?: () => void;
	readonly onClose?: () => void;
};

const endAll = (streams: readonly PassThrough[]) => {
	for (const stream of streams) {
		stream.end();
	}
};

/** The two sides of a session: what its user holds, and where the output of the process goes. */
export const openSession = ({terminal, type, endInput, onClose}: SessionOptions): {readonly session: Session; readonly viewer: Viewer} => {
	const stdout = new PassThrough();
	const stderr = new PassThrough();
	let isOver = false;
	const {promise: left, resolve: leave} = Promise.withResolvers<void>();
	const stdin = new Writable({
		async write(chunk: Uint8Array, _encoding, done) {
			if (!isOver) {
				await Promise.race([type?.(chunk), left]);
			}

			done();
		},
		final(done) {
			if (!isOver) {
				endInput?.();
			}

			done();
		},
		destroy(error, done) {
			if (!stdin.writableFinished && !isOver) {
				finish();
				endAll([stdout, stderr]);
			}

			done(error);
		},
	});
	// Whoever only reads need not care about an input that fails.
	stdin.on('error', () => undefined);
	if (terminal) {
		stderr.end();
	}

	const finish = () => {
		if (!isOver) {
			isOver = true;
			leave();
			onClose?.();
		}
	};

	const waiting = () => stdout.readableLength + stdout.writableLength + stderr.readableLength + stderr.writableLength;
	const drain = async (stream: Readable) => {
		const {promise, resolve} = Promise.withResolvers<void>();
		stream.once('drain', resolve);
		await Promise.race([promise, left]);
	};

	return {
		session: {
			terminal,
			stdin,
			stdout,
			stderr,
			close() {
				finish();
				endAll([stdout, stderr]);
				stdout.destroy();
				stderr.destroy();
				stdin.destroy();
			},
		},
		viewer: {
			receive(stream, bytes) {
				if (!isOver) {
					(stream === 'stderr' && !terminal ? stderr : stdout).write(bytes);
				}
			},
			waiting: () => isOver ? 0 : waiting(),
			async drained() {
				while (!isOver && waiting() > 0 && (stdout.writableNeedDrain || stderr.writableNeedDrain)) {
					await Promise.race([drain(stdout), drain(stderr)]);
				}
			},
			end() {
				finish();
				endAll([stdout, stderr]);
				stdin.destroy();
			},
		},
	};
};
