import {Readable, Writable} from 'node:stream';
import type {ClientChannel} from 'ssh2';
import type {TerminalSize} from '../../engine/sessions.js';

/** A command of another host, with its streams apart. */
export type RemoteProcess = {
	readonly stdin: Writable;
	readonly stdout: Readable;
	readonly stderr: Readable;
	/** Resolves when it has ended, perhaps before its output was read; rejects when the connection was lost, or the channel closed without a status. */
	readonly ended: Promise<{readonly exitCode?: number; readonly signal?: string}>;
	/** Resolves when the channel is closed, or lost. */
	readonly closed: Promise<void>;
	/** Only of one with a terminal. */
	readonly resize: (size: TerminalSize) => void;
	/** Lets this process end while the command goes on. */
	readonly unref: () => void;
	/** Closes the channel, whatever the command does then. */
	readonly close: () => void;
};

export type CommandChannel = RemoteProcess & {
	/** Ends everything with an error, after the connection was lost. */
	readonly lose: (error: Error) => void;
};

/** A stream that passes on what another one has. Destroyed, it drops the rest: unread data would keep the channel from closing. */
const passOn = (source: Readable): Readable => {
	const stream = new Readable({
		read() {
			source.resume();
		},
		destroy(error, done) {
			source.resume();
			done(error);
		},
	});
	source.on('data', (chunk: Uint8Array) => {
		if (!stream.destroyed && !stream.push(chunk)) {
			source.pause();
		}
	});
	source.on('end', () => {
		if (!stream.destroyed) {
			stream.push(null);
		}
	});
	source.on('error', () => undefined);
	stream.on('error', () => undefined);
	return stream;
};

/** Standard input. What is written after the command's end is dropped, as by a pipe whose error nobody hears. */
const inputTo = (channel: ClientChannel) => {
	let isOver = false;
	// Ssh2 never calls back for writes that were pending when the channel closed.
	let finish: (() => void) | undefined;
	const settle = () => {
		const waiting = finish;
		finish = undefined;
		waiting?.();
	};

	const stdin = new Writable({
		write(chunk: Uint8Array, _encoding, done) {
			if (isOver) {
				done();
				return;
			}

			finish = done;
			channel.write(chunk, settle);
		},
		final(done) {
			if (!isOver) {
				channel.end();
			}

			done();
		},
		destroy(error, done) {
			if (!isOver) {
				channel.end();
			}

			settle();
			done(error);
		},
	});
	stdin.on('error', () => undefined);
	return {
		stdin,
		end() {
			isOver = true;
			settle();
			stdin.destroy();
		},
	};
};

/** The streams of an open channel. `release` is called once, when it no longer keeps this process alive. */
export const createCommandChannel = (channel: ClientChannel, {release, unfinished}: {
	readonly release: () => void;
	/** The error of a channel that closed without a status. */
	readonly unfinished: () => Error;
}): CommandChannel => {
	const {promise: ended, resolve, reject} = Promise.withResolvers<{exitCode?: number; signal?: string}>();
	const {promise: closed, resolve: onClosed} = Promise.withResolvers<void>();
	// Not everybody waits for it.
	ended.catch(() => undefined);
	let isHeld = true;
	const letGo = () => {
		if (isHeld) {
			isHeld = false;
			release();
		}
	};

	const over = (error: Error) => {
		end();
		reject(error);
		letGo();
		onClosed();
	};

	// Node destroys a stream that has ended in both directions, and ssh2 would close the channel then, perhaps before its status has come.
	channel.destroy = () => channel;
	const {stdin, end} = inputTo(channel);
	const [stdout, stderr] = [passOn(channel), passOn(channel.stderr)];
	channel.on('exit', (code: number | null, signal?: string) => {
		end();
		resolve(code === null ? {signal} : {exitCode: code});
	});
	channel.on('close', () => {
		over(unfinished());
	});
	return {
		stdin,
		stdout,
		stderr,
		ended,
		closed,
		resize({rows, columns}) {
			channel.setWindow(rows, columns, 0, 0);
		},
		unref: letGo,
		close() {
			channel.close();
			stdout.destroy();
			stderr.destroy();
			over(unfinished());
		},
		lose(error) {
			over(error);
			stdout.destroy(error);
			stderr.destroy(error);
		},
	};
};
