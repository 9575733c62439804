import {
	closeSync,
	constants,
	fstatSync,
	lstatSync,
	openSync,
	watch,
	type Stats,
} from 'node:fs';
import {open, type FileHandle} from 'node:fs/promises';
import {Socket} from 'node:net';
import path from 'node:path';
import {HolmError} from '../../engine/errors.js';

/**
A machine's `run` directory belongs to the machine's user. After an escape from QEMU, that user may replace any file or socket, for example by a link to another machine's, which only the engine may access. The parent directory belongs to root.
*/

/** Linux's `O_PATH`, which Node does not define: opens without reading and without side effects. */
export const pathOnly = 0o1000_0000;

const assertOwn = (file: string, {uid}: Stats, isRight: boolean) => {
	if (!isRight || uid !== lstatSync(path.dirname(file)).uid) {
		throw new HolmError('forbidden', `${file} was replaced since the machine started, and is not used`, {remedy: 'remove the container: its machine may be compromised'});
	}
};

/** Opens a regular file of the directory's owner for reading, without following links. Throws `forbidden` for anything else, and the error of `open` if it does not exist. */
export const openOwn = async (file: string): Promise<FileHandle> => {
	const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
	try {
		const status = await handle.stat();
		assertOwn(file, status, status.isFile());
		return handle;
	} catch (error) {
		await handle.close();
		throw error;
	}
};

/**
Connects to a socket of the directory's owner, without following links. Like `net.connect`, it reports failures as `error` events.

The socket is opened first and connected through its descriptor, so it cannot be replaced after the check.
*/
export const connectOwn = (file: string): Socket => {
	const socket = new Socket();
	let descriptor: number | undefined;
	const close = () => {
		if (descriptor !== undefined) {
			closeSync(descriptor);
			descriptor = undefined;
		}
	};

	try {
		descriptor = openSync(file, pathOnly | constants.O_NOFOLLOW);
		const status = fstatSync(descriptor);
		assertOwn(file, status, status.isSocket());
		socket.once('connect', close);
		socket.once('close', close);
		socket.connect(`/proc/self/fd/${descriptor}`);
	} catch (error) {
		close();
		socket.destroy(error as Error);
	}

	return socket;
};

/** Calls `onChange` when a file may have changed or been replaced. Returns a function that stops watching. */
export const watchOwn = (file: string, onChange: () => void): () => void => {
	const watcher = watch(path.dirname(file), (_, name) => {
		if (name === path.basename(file)) {
			onChange();
		}
	});
	watcher.on('error', () => undefined);
	return () => {
		watcher.close();
	};
};
