import {lstat} from 'node:fs/promises';
import {isExhausted, orMissing} from '../store/missing.js';
import {machineFiles} from './qemu.js';
import {openOwn, watchOwn} from './run-directory.js';

/** How a machine ended. */
export type MachineEnd =
	| {readonly kind: 'exited'; readonly exitCode: number; readonly outOfMemory: boolean; readonly at: number}
	/** The runtime could not start the process; `reason` is its own line. */
	| {readonly kind: 'refused'; readonly reason: string; readonly at: number}
	/** The machine itself ended or never came up. */
	| {readonly kind: 'died'; readonly reason: string; readonly at: number};

/** Nothing that a guest must say, and nothing that a kernel prints in good faith, needs more than this. Without an end, it would fill the host's disk. */
const maximumSize = {status: 1024 * 1024, console: 16 * 1024 * 1024} as const;

const retryMs = 200;

/** What a guest says is hostile: printable ASCII of it is kept. */
const clean = (line: string) => line.replaceAll(/[^\u{20}-\u{7E}]/gv, '').slice(0, 1000);

const words = (lines: readonly string[], verb: string) => lines.findLast(line => line.startsWith(`${verb} `))?.slice(verb.length + 1);

/** The end of a file; empty when there is none. */
const readTail = async (file: string): Promise<string> => {
	try {
		await using handle = await openOwn(file);
		const {size} = await handle.stat();
		const buffer = Buffer.alloc(Math.min(size, maximumSize.status));
		const {bytesRead} = await handle.read(buffer, 0, buffer.length, size - buffer.length);
		return buffer.toString('latin1', 0, bytesRead);
	} catch {
		return '';
	}
};

const sizeOf = async (file: string): Promise<number> => {
	const {size} = await lstat(file).catch(() => ({size: 0}));
	return size;
};

/** How the machine in `directory` ended, from what its guest said, what its kernel printed, and else `otherwise`. */
export const endOf = async (directory: string, lines: readonly string[], otherwise: string): Promise<MachineEnd> => {
	const at = Date.now();
	const exited = words(lines, 'exited');
	if (exited !== undefined) {
		const [exitCode = 0, kills = 0] = exited.split(' ').map(Number);
		return {
			kind: 'exited', exitCode: exitCode & 0xFF, outOfMemory: kills > 0 && exitCode === 137, at,
		};
	}

	const refused = words(lines, 'refused');
	if (refused !== undefined) {
		return {kind: 'refused', reason: refused, at};
	}

	const failed = words(lines, 'failed');
	if (failed !== undefined) {
		return {kind: 'died', reason: failed, at};
	}

	const console = await readTail(machineFiles(directory).console);
	const panic = /Kernel panic - not syncing: (?<reason>[\u{20}-\u{7E}]{1,200})/v.exec(console)?.groups?.reason;
	return {kind: 'died', reason: panic ? `the guest's kernel panicked: ${panic}` : otherwise, at};
};

/** What a guest has flooded, as a reason for the end of its machine; undefined when nothing. */
export const floodOf = async (directory: string): Promise<string | undefined> => {
	const files = machineFiles(directory);
	const sizes = {status: await sizeOf(files.status), console: await sizeOf(files.console)};
	if (sizes.status > maximumSize.status) {
		return 'the guest flooded its status port';
	}

	return sizes.console > maximumSize.console ? 'the guest flooded its console' : undefined;
};

/** Calls `onFlood` when the console's file becomes too long, until the function that it returns is called. */
export const watchConsole = (file: string, onFlood: () => void): () => void => {
	const check = async () => {
		if (await sizeOf(file) > maximumSize.console) {
			onFlood();
		}
	};

	return watchOwn(file, () => {
		void check();
	});
};

/**
Reads the lines that the guest has said so far, and calls `onLine` for each new one until `stop`. Calls `onFlood` when there are too many.

The file is the truth: QEMU writes it whether an engine listens or not. Watching it is enough to be told. What is there already is read first.
*/
export const followStatus = (file: string, onLine: (line: string) => void, onFlood: () => void) => {
	const lines: string[] = [];
	let offset = 0;
	let rest = '';
	let reading = Promise.resolve();
	const read = async () => {
		const handle = await orMissing(openOwn(file));
		if (!handle) {
			return;
		}

		try {
			for (;;) {
				if (offset > maximumSize.status) {
					onFlood();
					break;
				}

				const {bytesRead, buffer} = await handle.read({position: offset, buffer: Buffer.alloc(4096)});
				if (bytesRead === 0) {
					break;
				}

				offset += bytesRead;
				const parts = (rest + buffer.toString('latin1', 0, bytesRead)).split('\n');
				rest = parts.pop() ?? '';
				for (const part of parts) {
					const line = clean(part);
					lines.push(line);
					onLine(line);
				}
			}
		} finally {
			await handle.close();
		}
	};

	const refresh = async () => {
		reading = reading.then(read, read);
		return reading;
	};

	let retry: NodeJS.Timeout | undefined;
	/** What could not be read for want of descriptors can be in a moment. */
	const look = () => {
		clearTimeout(retry);
		refresh().catch((error: unknown) => {
			if (isExhausted(error)) {
				retry = setTimeout(look, retryMs).unref();
			}
		});
	};

	const stopWatching = watchOwn(file, look);
	look();
	return {
		lines,
		refresh,
		stop() {
			clearTimeout(retry);
			stopWatching();
		},
	};
};

/** The reason of an end that nothing else explains. */
export const endedSilently = 'the machine ended without a word';

/** How a machine ended that nobody watched, as far as it said so itself. */
export const lastWords = async (directory: string): Promise<MachineEnd> => {
	const files = machineFiles(directory);
	const text = await readTail(files.status);
	const end = await endOf(directory, text.split('\n').map(line => clean(line)), await floodOf(directory) ?? endedSilently);
	const {mtimeMs} = await lstat(files.status).catch(() => ({mtimeMs: Date.now()}));
	return {...end, at: mtimeMs};
};
