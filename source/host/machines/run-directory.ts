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
What is in a machine's `run` directory belongs to the machine's user, who may put anything in the place of a file or a socket: after an escape from QEMU, a link to those of another machine, which only the engine may reach. The directory's own name is root's.
*/

/** `O_PATH` of Linux, which node has no name for: what is opened is neither read nor made to act. */
export const pathOnly = 0o1000_0000;

const assertOwn = (file: string, {uid}: Stats, isRight: boolean) => {
	if (!isRight || uid !== lstatSync(path.dirname(file)).uid) {
		throw new HolmError('forbidden', `${file} is not what the machine made of it when it started, and is left alone`, {remedy: 'remove the container: its machine may have been taken over'});
	}
};

/** Opens a regular file of the directory's owner for reading, without following a link. Throws `forbidden` for anything else, and what `open` does where there is nothing. */
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
Connects to a socket of the directory's owner, without following a link, as `net.connect` would: what is wrong comes as its error.

The kernel connects to what was looked at, whatever has its name by then.
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

/** Calls `onChange` when a file of the directory may have changed, whatever it is by then, until the function that it returns is called. */
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
