import {createHash} from 'node:crypto';
import {
	chmod,
	chown,
	mkdir,
	mkdtemp,
	open,
	readFile,
	readdir,
	rename,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
import {connect, createServer, type Socket} from 'node:net';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {HolmError} from '../../errors.js';
import {withLock} from '../lock.js';
import {run} from '../run.js';
import {killProcess, identify, spawnDetached} from './process.js';
import {machineFiles, qemuArguments, type MachineShape} from './qemu.js';
import {connectQmp, type Qmp} from './qmp.js';
import {clean, endedSilently, endOf} from './status.js';

/** A saved machine that waits for its start message, from which others start. */
export type Template = {
	readonly shape: MachineShape;
	/** The first part of the kernel, see `QemuOptions`. */
	readonly kernelStart: string;
	/** Memory; mapped privately by machines, never written again. */
	readonly ram: string;
	/** State of the devices, as QEMU's migration stream. */
	readonly state: Uint8Array;
	/** QEMU can map a file privately that it cannot write (from 8.2 on). */
	readonly readOnly: boolean;
};

export type TemplateOptions = {
	/** Directory of all templates. */
	readonly directory: string;
	readonly shape: MachineShape;
	readonly program: string;
	readonly uid: number;
	readonly gid: number;
	/** Gives up after this long; an accelerator may hang without a word. */
	readonly timeoutMs: number;
};

type Seal = {readonly size: number; readonly changedNs: string};

/** Part of every key: raised when the files of a template change. */
const format = 3;

const versions = new Map<string, Promise<string>>();

/** Asked once in an engine's life: an upgrade of QEMU counts from the next start of the engine. */
const qemuVersion = async (program: string): Promise<string> => {
	const known = versions.get(program);
	if (known) {
		return known;
	}

	const asked = (async () => {
		const {stdout} = await run(program, ['--version'], {remedy: 'holm setup installs QEMU'});
		return /version (?<version>[\d.]+)/v.exec(stdout)?.groups?.version ?? '0';
	})();
	versions.set(program, asked);
	asked.catch(() => versions.delete(program));
	return asked;
};

const mapsReadOnly = (version: string) => {
	const [major = 0, minor = 0] = version.split('.').map(Number);
	return major > 8 || (major === 8 && minor >= 2);
};

const sealOf = async (file: string): Promise<Seal> => {
	const {size, ctimeNs} = await stat(file, {bigint: true});
	return {size: Number(size), changedNs: String(ctimeNs)};
};

/** Retries until QEMU listens; throws with QEMU's own last words when it ends instead. */
export const awaitQmp = async (socketPath: string, errors: string, exited: Promise<unknown>, signal?: AbortSignal): Promise<Qmp> => {
	let isEnded = false;
	void exited.then(() => {
		isEnded = true;
	});
	for (;;) {
		try {
			return await connectQmp(socketPath);
		} catch (error) {
			if (isEnded || signal?.aborted) {
				const words = await readFile(errors, 'utf8').catch(() => '');
				const reason = words.trim().split('\n').at(-1);
				throw new HolmError('internal', `the machine did not start: ${reason || (signal?.aborted ? 'QEMU did not answer in time' : 'QEMU ended without a word')}`, {cause: error});
			}
		}

		await delay(2);
	}
};

/** Waits until the migration that runs has ended. */
export const awaitMigration = async (qmp: Qmp, intervalMs: number): Promise<void> => {
	for (;;) {
		const {status, 'error-desc': reason} = await qmp.execute('query-migrate') as {readonly status?: string; readonly 'error-desc'?: string};
		if (status === 'completed') {
			return;
		}

		if (status === 'failed' || status === 'cancelled') {
			throw new HolmError('internal', `the machine's state could not be moved: ${reason ?? status}`);
		}

		await delay(intervalMs);
	}
};

/** Leaves the pages of a file-backed memory where they are and moves the devices only. */
export const ignoreSharedMemory = async (qmp: Qmp) => {
	await qmp.execute('migrate-set-capabilities', {capabilities: [{capability: 'x-ignore-shared', state: true}]});
};

/** Throws with the guest's own reason when it cannot be a template's, and with its kernel's when that panics. */
const guestIsReady = async (directory: string, socket: Socket, closed: Promise<void>, signal: AbortSignal): Promise<void> => {
	const {promise, resolve, reject} = Promise.withResolvers<string | undefined>();
	const lines: string[] = [];
	let rest = '';
	socket.on('data', chunk => {
		const parts = (rest + chunk.toString('latin1')).split('\n');
		rest = parts.pop() ?? '';
		lines.push(...parts.map(part => clean(part)));
		if (lines.includes('ready')) {
			resolve(undefined);
		}
	});
	socket.on('error', reject);
	void closed.then(async () => {
		const end = await endOf(directory, lines, endedSilently);
		resolve(end.kind === 'died' ? end.reason : endedSilently);
	});
	signal.addEventListener('abort', () => {
		resolve('it did not finish in time');
	});
	const reason = await promise;
	if (reason !== undefined) {
		throw new HolmError('unavailable', `a machine does not boot: ${reason}`);
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
	const socketPath = path.join(machineFiles(directory).run, 'outgoing.sock');
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
	const handle = await open(file, 'r+');
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
};

/** More than the code and header before the kernel itself, which have 127 sectors at most (the x86 boot protocol's `setup_sects`). */
const kernelStartSize = 128 * 512;

const copyKernelStart = async (kernel: string, target: string, gid: number) => {
	await using source = await open(kernel);
	const buffer = Buffer.alloc(kernelStartSize);
	const {bytesRead} = await source.read(buffer, 0, kernelStartSize, 0);
	await writeFile(target, buffer.subarray(0, bytesRead));
	await chown(target, 0, gid);
	await chmod(target, 0o640);
};

const makeTemplate = async (target: string, version: string, options: TemplateOptions): Promise<void> => {
	const {shape, uid, gid} = options;
	const directory = await mkdtemp(`${target}.`);
	const ram = path.join(directory, 'ram');
	const files = machineFiles(directory);
	const signal = AbortSignal.timeout(options.timeoutMs);
	await chmod(directory, 0o711);
	await mkdir(files.run, {mode: 0o700});
	await chown(files.run, uid, gid);
	const unsaved = path.join(files.run, 'ram');
	let kill = async () => {};
	try {
		const {pid, exited} = await spawnDetached(options.program, qemuArguments({
			shape, directory, name: 'holm-template', ram: {path: unsaved, share: true, readOnly: false},
		}), {uid, gid, output: files.errors});
		const identity = pid === undefined ? undefined : await identify(pid);
		kill = async () => identity && killProcess(identity);
		const qmp = await awaitQmp(files.qmp, files.errors, exited, signal);
		// The guest is saved while it waits for a line; a guest whose engine is gone would be saved in the midst of polling for one.
		const control = connect(files.control);
		await guestIsReady(directory, control, qmp.closed, signal);
		await delay(200);
		const state = await saveState(qmp, directory);
		control.destroy();
		await qmp.execute('quit').catch(() => undefined);
		await exited;
		await synchronise(unsaved);
		await rename(unsaved, ram);
		await chown(ram, 0, gid);
		await chmod(ram, mapsReadOnly(version) ? 0o440 : 0o660);
		await chown(directory, 0, gid);
		await chmod(directory, 0o710);
		await copyKernelStart(shape.kernel, path.join(directory, 'kernel'), gid);
		await writeFile(path.join(directory, 'state'), state, {mode: 0o600});
		await writeFile(path.join(directory, 'seal.json'), JSON.stringify(await sealOf(ram)), {mode: 0o600});
		await rm(files.run, {recursive: true});
		await rm(target, {recursive: true, force: true});
		await rename(directory, target);
	} catch (error) {
		await kill();
		await rm(directory, {recursive: true, force: true});
		throw error;
	}
};

/** Undefined when there is none or when its memory has been written since it was sealed. */
const readTemplate = async (target: string, shape: MachineShape, readOnly: boolean): Promise<Template | undefined> => {
	const ram = path.join(target, 'ram');
	try {
		const seal = JSON.parse(await readFile(path.join(target, 'seal.json'), 'utf8')) as Seal;
		const {size, changedNs} = await sealOf(ram);
		return seal.size === size && seal.changedNs === changedNs
			? {
				shape, ram, kernelStart: path.join(target, 'kernel'), state: await readFile(path.join(target, 'state')), readOnly,
			}
			: undefined;
	} catch {
		return undefined;
	}
};

/** Removes what calls that were killed have left. */
const removeRests = async (directory: string, prefix: string, kept: string) => {
	const names = await readdir(directory);
	await Promise.all(names
		.filter(name => name.startsWith(prefix) && name !== kept)
		.map(async name => rm(path.join(directory, name), {recursive: true, force: true})));
};

const makings = new Map<string, Promise<Template>>();

/**
The template of a shape, made on first use (a boot: seconds). Callers that ask at once share one making, in other processes too; `onMaking` is called for each that has to wait.

A machine of QEMU before 8.2 must be able to open the memory for writing, so its seal (size and time of the last change, which only the kernel sets) is compared at every use, and a template that somebody wrote to is made anew.
*/
export const templateOf = async (options: TemplateOptions, onMaking?: () => void): Promise<Template> => {
	const {shape} = options;
	const version = await qemuVersion(options.program);
	const parts = await Promise.all([shape.kernel, shape.initramfs].map(async file => {
		const {size, mtimeMs} = await stat(file);
		return `${file} ${size} ${mtimeMs}`;
	}));
	const arguments_ = qemuArguments({
		shape, directory: '', name: '', ram: {path: '', share: true, readOnly: false},
	});
	const key = createHash('sha256').update(JSON.stringify([format, version, arguments_, parts])).digest('hex').slice(0, 16);
	const target = path.join(options.directory, key);
	const existing = await readTemplate(target, shape, mapsReadOnly(version));
	if (existing) {
		return existing;
	}

	onMaking?.();
	const making = makings.get(target) ?? (async () => {
		await mkdir(options.directory, {recursive: true, mode: 0o711});
		return withLock(path.join(options.directory, `${key}.lock`), async () => {
			// Another process may have made it meanwhile, or have been killed while it did.
			const found = await readTemplate(target, shape, mapsReadOnly(version));
			if (found) {
				return found;
			}

			await removeRests(options.directory, `${key}.`, `${key}.lock`);
			await makeTemplate(target, version, options);
			const made = await readTemplate(target, shape, mapsReadOnly(version));
			if (!made) {
				throw new HolmError('internal', `the template ${key} was written to while it was saved`);
			}

			return made;
		});
	})();
	makings.set(target, making);
	try {
		return await making;
	} finally {
		makings.delete(target);
	}
};
