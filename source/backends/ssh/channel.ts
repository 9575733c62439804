import {type Buffer} from 'node:buffer';
import {Duplex} from 'node:stream';
import type {ClientChannel} from 'ssh2';

/** A channel as a connection that HTTP can be spoken on, and another SSH connection can go through. */
export type ChannelSocket = Duplex & {
	readonly bytesRead: number;
	/** Keeps the process alive; a new one does. */
	ref: () => ChannelSocket;
	unref: () => ChannelSocket;
	destroySoon: () => void;
};

/** The error of a connection that has ended before its time. */
export const connectionLost = (message: string): Error => Object.assign(new Error(message), {code: 'ECONNRESET'});

export type ChannelOptions = {
	readonly hold: () => void;
	readonly release: () => void;
	/** Whether it is over with the channel's last byte, the default, or only when it is known how a command has ended. */
	readonly endsWith?: 'end' | 'close';
	/** Why the stream fails, once that is known of what is at the other end. */
	readonly failure?: () => Error | undefined;
};

/**
The stream of a channel. Its error is one of a socket; when the SSH connection is lost, whoever knows it destroys this one, because the channel itself only ends.

`hold` and `release` are called in turn, and `release` last; the stream starts out as held.
*/
export const createChannelSocket = (channel: ClientChannel, {hold, release, endsWith = 'end', failure}: ChannelOptions): ChannelSocket => {
	let isHeld = true;
	let isClosed = false;
	let bytesRead = 0;
	// Ssh2 calls nobody back for what it could not write before the channel was closed.
	let finish: ((error?: Error) => void) | undefined;
	const lost = () => failure?.() ?? connectionLost('the other side closed the channel');
	const settle = (error?: Error) => {
		const waiting = finish;
		finish = undefined;
		waiting?.(error);
	};

	const letGo = () => {
		if (isHeld) {
			isHeld = false;
			release();
		}
	};

	const stream = new Duplex({
		// As a socket of the host: when the other side has ended, so has this one.
		allowHalfOpen: false,
		read() {
			channel.resume();
		},
		write(chunk: Buffer, _encoding, done) {
			if (isClosed) {
				done(lost());
				return;
			}

			finish = done;
			channel.write(chunk, () => {
				settle();
			});
		},
		final(done) {
			if (isClosed) {
				done();
				return;
			}

			finish = done;
			channel.end(() => {
				settle();
			});
		},
		destroy(error, done) {
			letGo();
			settle(error ?? undefined);
			channel.close();
			// What has come and nobody wants would keep the channel from closing.
			channel.resume();
			done(error);
		},
	});
	channel.on('data', (chunk: Buffer) => {
		bytesRead += chunk.length;
		if (!stream.destroyed && !stream.push(chunk)) {
			channel.pause();
		}
	});
	channel.on(endsWith, () => {
		if (!stream.destroyed && !failure?.()) {
			stream.push(null);
		}
	});
	// Whoever has it learns of a failure; that nobody has it yet, or any more, is no crash.
	stream.on('error', () => undefined);
	channel.on('error', (error: Error) => {
		stream.destroy(error);
	});
	channel.on('close', () => {
		isClosed = true;
		settle(lost());
	});

	const socket: ChannelSocket = Object.assign(stream, {
		ref() {
			if (!isHeld && !stream.destroyed) {
				isHeld = true;
				hold();
			}

			return socket;
		},
		unref() {
			letGo();
			return socket;
		},
		destroySoon() {
			stream.end();
			if (stream.writableFinished) {
				stream.destroy();
			} else {
				stream.once('finish', () => {
					stream.destroy();
				});
			}
		},
		// HTTP sets these on the connections that it keeps; here they are those of the one below.
		setKeepAlive: () => socket,
		setNoDelay: () => socket,
		setTimeout: () => socket,
	}) as unknown as ChannelSocket;
	Object.defineProperty(socket, 'bytesRead', {get: () => bytesRead});
	return socket;
};
