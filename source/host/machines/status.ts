import {lstat} from 'node:fs/promises';
import {isExhausted, orMissing} from '../store/missing.js';
import {lastLineOf} from './migration.js';
import {machineFiles} from './qemu.js';
import {openOwn, watchOwn} from './run-directory.js';

/** How a machine ended. */
export type MachineEnd =
	| {
		readonly kind: 'exited';
		readonly exitCode: number;
		readonly outOfMemory: boolean;
		/** The most memory that the container had in use, if its guest says so. */
		readonly memoryPeakBytes?: number;
		readonly at: number;
	}
	/** The runtime could not start the process; `reason` is its own line. */
	| {readonly kind: 'refused'; readonly reason: string; readonly at: number}
	/** The machine died or never came up. */
	| {readonly kind: 'died'; readonly reason: string; readonly isPanic?: boolean; readonly at: number};

/** Limits in bytes, far more than an honest guest needs. Without them a guest could fill the host's disk. */
const maximumSize = {status: 1024 * 1024, console: 16 * 1024 * 1024} as const;

const retryMs = 200;

/** Messages of a guest are not trusted. Only printable ASCII is kept. */
const clean = (line: string) => line.replaceAll(/[^\u{20}-\u{7E}]/gv, '').slice(0, 1000);

const words = (lines: readonly string[], verb: string) => lines.findLast(line => line.startsWith(`${verb} `))?.slice(verb.length + 1);

/** The end of a file; empty if it does not exist. */
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

const fileSizeOf = async (file: string): Promise<number> => {
	const {size} = await lstat(file).catch(() => ({size: 0}));
	return size;
};

/** What QEMU or the guest printed last, as a reason. */
const lastPrinted = async (errors: string, console: string): Promise<string> => {
	const complaint = await lastLineOf(errors);
	if (complaint && !complaint.includes(': warning: ')) {
		return `QEMU ended: ${complaint}`;
	}

	const line = clean(console.trimEnd().split('\n').at(-1)!).trim().slice(0, 200);
	return line ? `the machine ended; the last line of its console: ${line}` : 'the machine ended without a message';
};

/** How the machine in `directory` ended, by its guest's messages or its kernel's output. If neither tells, the reason is `fault`, or what QEMU or the guest printed last. */
export const endOf = async (directory: string, lines: readonly string[], fault?: string): Promise<MachineEnd> => {
	const at = Date.now();
	const files = machineFiles(directory);
	const exited = words(lines, 'exited');
	if (exited !== undefined) {
		const [exitCode = 0, kills = 0, peak = 0] = exited.split(' ').map(Number);
		return {
			kind: 'exited', exitCode: exitCode & 0xFF, outOfMemory: kills > 0 && exitCode === 137, ...Number.isSafeInteger(peak) && peak > 0 && {memoryPeakBytes: peak}, at,
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

	const console = await readTail(files.console);
	const panic = /Kernel panic - not syncing: (?<reason>[\u{20}-\u{7E}]{1,200})/v.exec(console)?.groups?.reason;
	return panic
		? {kind: 'died', reason: `the guest's kernel panicked: ${panic}`, isPanic: true, at}
		: {kind: 'died', reason: fault ?? await lastPrinted(files.errors, console), at};
};

/** The reason to kill a machine that has exceeded a limit; undefined if it has not. */
export const floodOf = async (directory: string): Promise<string | undefined> => {
	const files = machineFiles(directory);
	const sizes = {status: await fileSizeOf(files.status), console: await fileSizeOf(files.console)};
	if (sizes.status > maximumSize.status) {
		return 'the guest flooded its status port';
	}

	return sizes.console > maximumSize.console ? 'the guest flooded its console' : undefined;
};

/** Calls `onFlood` if the console's file exceeds its limit. Returns a function that stops watching. */
export const watchConsole = (file: string, onFlood: () => void): () => void => {
	const check = async () => {
		if (await fileSizeOf(file) > maximumSize.console) {
			onFlood();
		}
	};

	return watchOwn(file, () => {
		void check();
	});
};

/**
Calls `onLine` for each message of the guest, earlier ones included, until `stop` is called. Calls `onFlood` if they exceed the limit.

The file is the source of truth, because QEMU writes it whether an engine runs or not.
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
	/** Retries if the process was out of descriptors. */
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

/** How a machine ended while no engine was connected, by its own files. */
export const lastWords = async (directory: string): Promise<MachineEnd> => {
	const files = machineFiles(directory);
	const text = await readTail(files.status);
	const end = await endOf(directory, text.split('\n').map(line => clean(line)), await floodOf(directory));
	const {mtimeMs} = await lstat(files.status).catch(() => ({mtimeMs: Date.now()}));
	return {...end, at: mtimeMs};
};
