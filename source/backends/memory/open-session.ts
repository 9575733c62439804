import {once} from 'node:events';
import {PassThrough, Writable} from 'node:stream';
import type {Session} from '../../engine/sessions.js';
import type {Viewer} from './output-hub.js';

export type SessionOptions = {
	readonly terminal: boolean;
	/** Receives what is typed; absent where standard input is not attached. */
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

/** The two sides of a session: its streams for the user, and the viewer that receives the output of the process. */
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
	// A user who only reads does not handle errors of the input.
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
				await Promise.all([stdout, stderr].map(async stream => {
					if (!isOver && stream.writableNeedDrain) {
						await Promise.race([once(stream, 'drain'), left]);
					}
				}));
			},
			end() {
				finish();
				endAll([stdout, stderr]);
				stdin.destroy();
			},
		},
	};
};
