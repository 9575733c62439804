import type {Buffer} from 'node:buffer';
import {Duplex} from 'node:stream';
import type {ClientChannel} from 'ssh2';

/** A channel as a socket, for HTTP and for SSH connections through it. */
export type ChannelSocket = Duplex & {
	readonly bytesRead: number;
	/** Keeps the process alive, as a new one does. */
	ref: () => ChannelSocket;
	unref: () => ChannelSocket;
	destroySoon: () => void;
};

/** The error of a connection that ended prematurely. */
export const connectionLost = (message: string): Error => Object.assign(new Error(message), {code: 'ECONNRESET'});

export type ChannelOptions = {
	readonly hold: () => void;
	readonly release: () => void;
	/** The stream ends with the channel's last byte, the default, or with the exit status of a command. */
	readonly endsWith?: 'end' | 'close';
	/** The stream's error, once the other end has told it. */
	readonly failure?: () => Error | undefined;
};

/**
The stream of a channel; its errors are those of a socket. When the SSH connection is lost the channel only ends, so that the caller has to destroy this stream.

`hold` and `release` alternate, `release` comes last; the stream starts held.
*/
export const createChannelSocket = (channel: ClientChannel, {hold, release, endsWith = 'end', failure}: ChannelOptions): ChannelSocket => {
	let isHeld = true;
	let isClosed = false;
	let bytesRead = 0;
	// Ssh2 never calls back for writes that were pending when the channel closed.
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
		// As with a local socket: the stream ends with the other side.
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
			// Unread data would keep the channel from closing.
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
	// Without a listener, an error must not crash the process.
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
		// HTTP sets these on its connections; they belong to the connection below.
		setKeepAlive: () => socket,
		setNoDelay: () => socket,
		setTimeout: () => socket,
	}) as unknown as ChannelSocket;
	Object.defineProperty(socket, 'bytesRead', {get: () => bytesRead});
	return socket;
};
