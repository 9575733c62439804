import {
	chmod,
	chown,
	mkdir,
	mkdtemp,
	open,
	rename,
	rm,
	writeFile,
} from 'node:fs/promises';
import {createServer} from 'node:net';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {HolmError} from '../../../engine/errors.js';
import {keepConsole} from '../console.js';
import {awaitMigration, awaitQmp, ignoreSharedMemory} from '../migration.js';
import {groupsOf, identify, spawnDetached} from '../process.js';
import {machineFiles, qemuArguments, type MachineShape} from '../qemu.js';
import type {Qmp} from '../qmp.js';
import {writeRecord} from '../record.js';
import {connectOwn, openOwn} from '../run-directory.js';
import {endOf, followStatus} from '../status.js';
import {mismeasuredFrequency} from '../tsc.js';
import {templateFiles, writeStamp} from './stamp.js';

export type MakeOptions = {
	readonly shape: MachineShape;
	readonly program: string;
	readonly uid: number;
	readonly gid: number;
	/** Supplementary group of the machine, for the accelerator's device. */
	readonly deviceGid?: number;
	/** See `hostKeyOf`. */
	readonly hostKey: string;
	/** Time limit. An accelerator may hang without an error. */
	readonly timeoutMs: number;
	/** Whether QEMU can map the memory's file without opening it for writing. */
	readonly readOnly: boolean;
};

const moreTime = 'on a slow host, start the engine with more time for it, such as HOLM_BOOT_TIMEOUT=300';

/** Resolves when the guest is ready to be saved. Throws with the guest's reason, or its kernel's panic, if it fails. */
const guestIsReady = async (directory: string, closed: Promise<void>, signal: AbortSignal): Promise<void> => {
	const {promise, resolve} = Promise.withResolvers<string | undefined>();
	let isLate = false;
	const follower = followStatus(machineFiles(directory).status, line => {
		if (line === 'ready') {
			resolve(undefined);
		}
	}, () => {
		resolve('it sends too many messages');
	});
	void closed.then(async () => {
		await follower.refresh();
		const end = await endOf(directory, follower.lines);
		resolve(end.kind === 'died' ? end.reason : 'its guest ended');
	});
	const endLate = () => {
		isLate = true;
		resolve('it did not finish in time');
	};

	signal.addEventListener('abort', endLate);
	if (signal.aborted) {
		endLate();
	}

	const reason = await promise;
	follower.stop();
	if (reason !== undefined) {
		throw new HolmError('unavailable', `a machine does not boot: ${reason}`, {remedy: isLate ? moreTime : undefined});
	}
};

const saveState = async (qmp: Qmp, directory: string): Promise<Uint8Array> => {
	const chunks: Uint8Array[] = [];
	const received = Promise.withResolvers<void>();
	const server = createServer(socket => {
		socket.on('data', chunk => {
			chunks.push(chunk);
		});
		socket.on('close', () => {
			received.resolve();
		});
	});
	// Not in `run`: the machine's user could replace the socket before `chmod`.
	const socketPath = path.join(directory, 'outgoing.sock');
	await new Promise<void>(resolve => {
		server.listen(socketPath, resolve);
	});
	await chmod(socketPath, 0o666);
	try {
		await ignoreSharedMemory(qmp);
		await qmp.execute('stop');
		await qmp.execute('migrate', {uri: `unix:${socketPath}`});
		await awaitMigration(qmp, 5);
		await received.promise;
		return Buffer.concat(chunks);
	} finally {
		server.close();
	}
};

const synchronise = async (file: string) => {
	await using handle = await openOwn(file);
	await handle.sync();
};

/** More than the setup code and header, which have at most 127 sectors (`setup_sects` of the x86 boot protocol). */
const kernelStartSize = 128 * 512;

const copyKernelStart = async (kernel: string, target: string, gid: number) => {
	await using source = await open(kernel);
	const buffer = Buffer.alloc(kernelStartSize);
	const {bytesRead} = await source.read(buffer, 0, kernelStartSize, 0);
	await writeFile(target, buffer.subarray(0, bytesRead));
	await chown(target, 0, gid);
	await chmod(target, 0o640);
};

/** The output of the guest's kernel so far. */
const consoleText = async (file: string): Promise<string> => {
	await using handle = await openOwn(file);
	return await handle.readFile('latin1');
};

/** QEMU quits at once. */
const quitLimitMs = 10_000;

/** Boots a machine and saves it, see `makeTemplate`. If its kernel measured a wrong clock frequency, resolves with the right one for another try. */
const makeOnce = async (target: string, options: MakeOptions, tscKilohertz?: number): Promise<number | undefined> => {
	const {shape, uid, gid} = options;
	const directory = await mkdtemp(`${target}.`);
	const {ram, state: stateFile, kernelStart, boot} = templateFiles(directory);
	const files = machineFiles(directory);
	const signal = AbortSignal.timeout(options.timeoutMs);
	await chmod(directory, 0o711);
	await mkdir(files.run, {mode: 0o700});
	await chown(files.run, uid, gid);
	const unsaved = path.join(files.run, 'ram');
	let kill = async () => {};
	try {
		// Other engines can tell by this whether the maker is alive.
		const maker = await identify(process.pid);
		await writeRecord(directory, {maker});
		const {pid, exited, kill: killChild} = await spawnDetached(options.program, qemuArguments({
			shape, directory, name: 'holm-template', ram: {path: unsaved, share: true, readOnly: false}, tscKilohertz,
		}), {
			uid, gid, groups: groupsOf(options), output: files.errors, network: 'none', owner: directory,
		});
		kill = async () => {
			killChild();
			await exited;
		};

		await writeRecord(directory, {qemu: pid === undefined ? undefined : await identify(pid), maker});
		const qmp = await awaitQmp(files.qmp, files.errors, exited, signal);
		// Keep the control port connected, so that the guest is saved while it blocks on reading a line, instead of while it polls.
		const control = connectOwn(files.control);
		control.on('error', () => undefined);
		await guestIsReady(directory, qmp.closed, signal);
		const frequency = tscKilohertz === undefined ? mismeasuredFrequency(await consoleText(files.console)) : undefined;
		if (frequency !== undefined) {
			await kill();
			await rm(directory, {recursive: true, force: true});
			return frequency;
		}

		await delay(200);
		const state = await saveState(qmp, directory);
		control.destroy();
		const timer = setTimeout(killChild, quitLimitMs);
		await qmp.execute('quit').catch(() => undefined);
		await exited;
		clearTimeout(timer);
		await synchronise(unsaved);
		await rename(unsaved, ram);
		// A QEMU that must open it for writing gets a sealed copy, see `holdMemory`.
		await chown(ram, 0, gid);
		await chmod(ram, options.readOnly ? 0o440 : 0o400);
		await chown(directory, 0, gid);
		await chmod(directory, 0o710);
		await copyKernelStart(shape.kernel, kernelStart, gid);
		await writeFile(stateFile, state, {mode: 0o600});
		await keepConsole(files.console, boot);
		await writeStamp(directory, {initramfs: shape.initramfs, hostKey: options.hostKey});
		await rm(files.run, {recursive: true});
		await rm(path.join(directory, 'outgoing.sock'), {force: true});
		await rm(files.record);
		await rm(target, {recursive: true, force: true});
		await rename(directory, target);
		return undefined;
	} catch (error) {
		await kill();
		await rm(directory, {recursive: true, force: true});
		throw error;
	}
};

/** Boots a machine until its guest waits for its start message, and saves memory and state in `target`, replacing its contents. */
export const makeTemplate = async (target: string, options: MakeOptions): Promise<void> => {
	const frequency = await makeOnce(target, options);
	if (frequency !== undefined) {
		await makeOnce(target, options, frequency);
	}
};
