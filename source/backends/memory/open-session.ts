import {once} from 'node:events';
import {PassThrough, Writable} from 'node:stream';
import type {Session} from '../../engine/sessions.js';
import type {Viewer} from './output-hub.js';

/** Bytes that may wait for one viewer before the process waits for it, as in Docker. */
const patience = 1_000_000;

export type SessionOptions = {
	readonly terminal: boolean;
	/** Receives what is typed; absent where standard input is not attached. */
	readonly type?: (bytes: Uint8Array) => Promise<void>;
	/** Standard input has ended. */
	readonly endInput?: () => void;
	readonly onClose?: () => void;
	/** Disposed of at the end. */
	readonly watching: Disposable;
};

/** The two sides of a session: its streams for the user, and the viewer that receives the output of the process. */
export const openSession = (options: SessionOptions): {readonly session: Session; readonly viewer: Viewer} => {
	const {terminal, type, endInput, onClose, watching} = options;
	const stdout = new PassThrough();
	const stderr = new PassThrough();
	let isOver = false;
	const {promise: left, resolve: leave} = Promise.withResolvers<void>();

	const finish = () => {
		if (!isOver) {
			isOver = true;
			leave();
			onClose?.();
			watching[Symbol.dispose]();
			stdout.end();
			stderr.end();
		}
	};

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
			if (!stdin.writableFinished) {
				finish();
			}

			done(error);
		},
	});
	// A user who only reads does not handle errors of the input.
	stdin.on('error', () => undefined);
	if (terminal) {
		stderr.end();
	}

	return {
		session: {
			terminal,
			stdin,
			stdout,
			stderr,
			close() {
				finish();
				stdout.destroy();
				stderr.destroy();
				stdin.destroy();
			},
		},
		viewer: {
			async write(name, bytes) {
				const stream = name === 'stderr' && !terminal ? stderr : stdout;
				if (!isOver && !stream.write(bytes) && stream.readableLength + stream.writableLength > patience) {
					await Promise.race([once(stream, 'drain'), left]);
				}
			},
			end() {
				finish();
				stdin.destroy();
			},
		},
	};
};
