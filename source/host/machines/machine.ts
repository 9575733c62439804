import {
	chmod,
	chown,
	mkdir,
	readFile,
	rm,
	writeFile,
} from 'node:fs/promises';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {LogLimits} from '../../rules/containers/logging.js';
import {unmountBelow} from '../mounts.js';
import {run} from '../run.js';
import {isExhausted} from '../store/missing.js';
import {
	awaitMigration,
	awaitQmp,
	ignoreSharedMemory,
	lastLineOf,
} from './migration.js';
import {
	patienceRemedy,
	silenceLimitMs,
	unlessAborted,
	willEndWithin,
} from './patience.js';
import {
	cannotBeKilled,
	groupsOf,
	identify,
	isAlive,
	killLimitMs,
	killProcess,
	spawnDetached,
	type DetachedProcess,
	type ProcessIdentity,
} from './process.js';
import {
	machineFiles,
	networkPorts,
	qemuArguments,
	sharesPort,
	type QemuOptions,
} from './qemu.js';
import {connectQmp, type Qmp} from './qmp.js';
import {
	createRecord,
	isWhole,
	readRecord,
} from './record.js';
import {connectOwn} from './run-directory.js';
import type {Machine} from './running-machine.js';
import {connectShares, serveShares, type Share} from './shares.js';
import {encodeMessage, type NetworkDevice, type StartMessage} from './guest-protocol.js';
import {superviseMachine} from './supervise.js';
import type {Template} from './template/template.js';
import {holdMemory, ownMemory} from './template/template-memory.js';

export type MachineOptions = {
	/** Short and unique; `ps` shows it. */
	readonly name: string;
	/** The machine's own directory, created by `startMachine` and removed by `clearMachine`. */
	readonly directory: string;
	readonly template: Template;
	readonly program: string;
	readonly uid: number;
	readonly gid: number;
	/** Path of the network namespace that the taps are in. */
	readonly network: string;
	/** A qcow2 overlay, writable by `uid`. */
	readonly disk: string;
	readonly devices: readonly NetworkDevice[];
	readonly shares: readonly Share[];
	/** File that log entries are appended to; default none, which drops them. */
	readonly log?: string;
	readonly logLimits?: LogLimits;
	readonly message: StartMessage;
	readonly privateKey: string;
	/** Cancels the start at any time until the process runs. Its reason becomes the error. */
	readonly signal?: AbortSignal;
};

/** Placeholder for the first network device of a machine without networks. */
const unusedPort = 'unused';

/** Resolves once the guest has sent its first message. Throws if the machine ends, QEMU pauses it, or the time is up. */
const awaitFirstWord = async (heard: Promise<void>, {ended}: Machine, qmp: Qmp, timeoutMs: number): Promise<void> => {
	const {promise, resolve} = Promise.withResolvers<string | undefined>();
	void heard.then(() => {
		resolve(undefined);
	});
	void ended.then(end => {
		resolve(end.kind === 'exited' ? undefined : end.reason);
	});
	const stop = qmp.onEvent(({name}) => {
		if (name === 'STOP') {
			resolve('QEMU stopped the machine');
		}
	});
	const timer = setTimeout(resolve, timeoutMs, `the machine said nothing for ${timeoutMs / 1000} seconds`);
	const reason = await promise;
	clearTimeout(timer);
	stop();
	if (reason !== undefined) {
		throw new HolmError('internal', reason);
	}
};

/** A copy on the disk: slower, and not shared with other machines. `holm doctor` reports what is missing. */
const copyMemory = async ({template, directory, uid, gid}: MachineOptions): Promise<string> => {
	const {ram} = machineFiles(directory);
	await run('cp', ['--reflink=auto', '--sparse=always', template.ram, ram]);
	await chown(ram, uid, gid);
	await chmod(ram, 0o600);
	return ram;
};

type Memory = QemuOptions['ram'] & {
	/** Descriptors that QEMU needs to open it. */
	readonly descriptors: readonly number[];
	/** Call it when the machine has ended. */
	readonly release: () => void;
};

/** The initial memory of the machine, isolated from other machines. */
const provideMemory = async (options: MachineOptions): Promise<Memory> => {
	const {template, uid, gid, signal} = options;
	// Virtiofsd must see the guest's writes.
	const isShared = options.shares.length > 0;
	if (!isShared && template.readOnly) {
		return {
			path: template.ram, share: false, readOnly: true, descriptors: [], release: () => undefined,
		};
	}

	const holding = isShared ? ownMemory(template, {uid, gid, signal}) : holdMemory(template, gid);
	try {
		const {path, descriptor, release} = await unlessAborted(holding, signal);
		return {
			path, share: isShared, readOnly: false, descriptors: [descriptor], release,
		};
	} catch {
		holding.then(({release}) => {
			release();
		}, () => undefined);
		signal?.throwIfAborted();
		return {
			path: await copyMemory(options), share: isShared, readOnly: false, descriptors: [], release: () => undefined,
		};
	}
};

type Restored =
	| {readonly machine: Machine}
	/** The template is unusable: QEMU rejects its state, or the guest does not continue from it. */
	| {readonly fault: string};

const plugShares = async (qmp: Qmp, {identity, socket}: Awaited<ReturnType<typeof serveShares>>): Promise<ProcessIdentity> => {
	await connectShares(qmp, socket);
	await qmp.execute('device_add', {
		driver: 'vhost-user-fs-pci', id: 'shares', chardev: 'shares', tag: 'shares', bus: sharesPort,
	});
	return identity;
};

const firstPort = ([device]: readonly NetworkDevice[]) => ({[networkPorts[0]]: device?.endpointId ?? unusedPort});

const socketSources = ({message: {sockets = []}}: MachineOptions) => sockets.map(({source}) => source);

/** Kills the process of a machine whose start failed because of `cause`. */
const endProcess = async (process: DetachedProcess | undefined, cause: unknown): Promise<void> => {
	process?.kill();
	if (process && !await willEndWithin(process.exited, killLimitMs)) {
		throw cannotBeKilled(process.pid, cause);
	}
};

/** The message of an error, with QEMU's last line of output. */
const faultOf = async (error: unknown, errors: string): Promise<string> => {
	const words = await lastLineOf(errors);
	return words === '' ? messageOf(error) : `${messageOf(error)} (${words})`;
};

/** Starts a machine once, see `startMachine`. */
const restoreMachine = async (options: MachineOptions): Promise<Restored> => {
	const {
		directory, template, uid, gid, program, devices, shares, signal,
	} = options;
	signal?.throwIfAborted();
	const files = machineFiles(directory);
	const startedAt = Date.now();
	await mkdir(directory, {recursive: true, mode: 0o711});
	// Remove what an earlier machine's user left, such as links, before writing.
	await rm(files.run, {recursive: true, force: true});
	await mkdir(files.run, {mode: 0o700});
	// Its kernel booted in the template and continues the console from there.
	await writeFile(files.console, template.boot, {mode: 0o600, flag: 'wx'});
	await chown(files.console, uid, gid);
	await chown(files.run, uid, gid);
	const record = createRecord(directory);
	const sharing = shares.length > 0
		? serveShares(directory, shares, {uid, gid, record: async identity => record({shares: identity})})
		: undefined;
	// Awaited below. Until then a rejection must not count as unhandled.
	sharing?.catch(() => undefined);
	const endSharing = async () => sharing?.then(async ({identity}) => killProcess(identity), () => undefined);
	let memory: Memory | undefined;
	const limitMs = silenceLimitMs();
	const late = AbortSignal.timeout(limitMs);
	let process: DetachedProcess | undefined;
	let qemu: ProcessIdentity | undefined;
	// While this is true, a failure counts as the template's fault.
	let isRestoring = false;
	try {
		const held = await provideMemory(options);
		memory = held;
		process = await spawnDetached(program, qemuArguments({
			shape: template.shape, directory, name: options.name, log: options.log,
			restored: {kernelStart: template.kernelStart, disk: options.disk, tap: devices[0]?.tap},
			ram: held,
		}), {
			uid,
			gid,
			groups: groupsOf(template),
			output: files.errors,
			network: options.network,
			descriptors: held.descriptors,
			owner: directory,
		});
		const {pid, exited, kill} = process;
		// Killing the process ends every wait below.
		const ending = signal ? AbortSignal.any([signal, late]) : late;
		ending.addEventListener('abort', kill);
		if (ending.aborted) {
			kill();
		}

		qemu = pid === undefined ? undefined : await identify(pid);
		// If the engine ends from here on, the next one finds the machine by this record and kills it.
		await record({qemu, log: options.log, logLimits: options.logLimits});
		const qmp = await awaitQmp(files.qmp, files.errors, exited);
		if (!qemu) {
			throw new HolmError('internal', 'the machine ended at once');
		}

		await ignoreSharedMemory(qmp);
		isRestoring = true;
		await qmp.execute('migrate-incoming', {uri: `unix:${files.incoming}`});
		const state = connectOwn(files.incoming);
		const broken = new Promise<never>((_, reject) => {
			state.on('error', reject);
		});
		// The connection may break after QEMU has read everything.
		broken.catch(() => undefined);
		state.end(template.state);
		await Promise.race([awaitMigration(qmp, 1), broken]);
		isRestoring = false;
		await rm(files.incoming, {force: true});
		const supervised = superviseMachine(directory, qmp, {
			qemu,
			shares: await sharing?.then(async server => plugShares(qmp, server)),
			log: options.log,
			logLimits: options.logLimits,
			ports: firstPort(devices),
			sockets: socketSources(options),
			hasService: options.message.service !== undefined,
			phases: [],
			startedAt,
		}, {privateKey: options.privateKey, exited});
		supervised.mark('restore');
		for (const device of devices.slice(1)) {
			await supervised.insert(device);
		}

		isRestoring = true;
		await qmp.execute('cont');
		supervised.control.write(encodeMessage(options.message, devices, shares));
		supervised.awaitWord();
		await awaitFirstWord(supervised.heard, supervised.machine, qmp, template.timeoutMs);
		isRestoring = false;
		await supervised.save();
		ending.removeEventListener('abort', kill);
		void supervised.machine.ended.then(held.release);
		return {machine: supervised.machine};
	} catch (error) {
		memory?.release();
		const wasAlive = qemu !== undefined && await isAlive(qemu).catch(() => false);
		await endProcess(process, error);
		await endSharing();
		signal?.throwIfAborted();
		if (late.aborted) {
			throw new HolmError('unavailable', `the machine did not come up within ${limitMs / 1000} seconds: ${messageOf(error)}`, {remedy: patienceRemedy, cause: error});
		}

		// A kill from outside does not indicate a bad template.
		if (isRestoring && process && (wasAlive || (await process.exited).signal !== 'SIGKILL')) {
			return {fault: await faultOf(error, files.errors)};
		}

		throw error;
	}
};

/**
Restores a machine from its template, attaches its disk and devices, and sends its start message.

Resolves when the guest has answered; the machine's `started` resolves when the process runs. If the machine cannot be restored, the template is made again, once. If that fails too, throws `internal`, naming the template. On failure or timeout only the directory remains, which `clearMachine` removes.
*/
export const startMachine = async (options: MachineOptions): Promise<Machine> => {
	const first = await restoreMachine(options);
	if ('machine' in first) {
		return first.machine;
	}

	await clearMachine(options.directory);
	const template = await unlessAborted(options.template.remake(first.fault), options.signal);
	const second = await restoreMachine({...options, template});
	if ('machine' in second) {
		return second.machine;
	}

	throw new HolmError('internal', `no machine can be restored from the template ${template.directory}, not even after it was made again: ${second.fault}`, {
		remedy: template.shape.accelerator === 'kvm'
			? 'holm setup --probe tries again whether hardware virtualisation works here'
			: `remove ${template.directory}, and holm setup makes it once more`,
	});
};

/** Time for an earlier engine to disconnect, because a monitor serves one client at a time. */
const adoptTimeoutMs = 15_000;

/** Adopts the machine that an earlier engine started in `directory`, if it still runs. Throws `unavailable` if it runs but does not answer, and the system's error if there are no free descriptors. */
export const adoptMachine = async (directory: string, privateKey: string): Promise<Machine | undefined> => {
	const record = await readRecord(directory);
	if (!isWhole(record) || !await isAlive(record.qemu)) {
		return undefined;
	}

	try {
		const qmp = await connectQmp(machineFiles(directory).qmp, AbortSignal.timeout(adoptTimeoutMs));
		return superviseMachine(directory, qmp, record, {privateKey}).machine;
	} catch (error) {
		if (isExhausted(error)) {
			throw error;
		}

		if (await isAlive(record.qemu)) {
			throw new HolmError('unavailable', `its QEMU, process ${record.qemu.pid}, runs and cannot be reached: ${messageOf(error)}`, {cause: error});
		}

		return undefined;
	}
};

/** Kills what still runs of a machine and removes its directory. Throws `unavailable` if a mount in it cannot be removed. */
export const clearMachine = async (directory: string): Promise<void> => {
	const record = await readRecord(directory);
	for (const identity of [record?.qemu, record?.shares]) {
		if (identity) {
			await killProcess(identity);
		}
	}

	// Earlier versions mounted shares on the host, and may have been interrupted.
	await unmountBelow(directory);
	await rm(directory, {recursive: true, force: true});
};
