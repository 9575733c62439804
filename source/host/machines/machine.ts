import {
	chmod,
	chown,
	copyFile,
	constants,
	mkdir,
	readFile,
	rm,
	writeFile,
} from 'node:fs/promises';
import {HolmError, messageOf} from '../../engine/errors.js';
import {unmountBelow} from '../mounts.js';
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
import {type Machine} from './running-machine.js';
import {connectShares, serveShares, type Share} from './shares.js';
import {encodeMessage, type NetworkDevice, type StartMessage} from './guest-protocol.js';
import {superviseMachine} from './supervise.js';
import {type Template} from './template/template.js';
import {holdMemory} from './template/template-memory.js';

export type MachineOptions = {
	/** Short and unique; shown by `ps`. */
	readonly name: string;
	/** Of the machine alone; made by `startMachine` and removed by `clearMachine`. */
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
	/** File that log entries are appended to; without it they are dropped. */
	readonly log?: string;
	readonly message: StartMessage;
	readonly privateKey: string;
	/** Ends what there is of it, at any moment until its process runs; the reason is that of the failure. */
	readonly signal?: AbortSignal;
};

/** Stands for the first network device of a machine that has no networks. */
const unusedPort = 'unused';

/** Resolves when the guest has said something; throws when it ends, is stopped by QEMU or stays silent instead. */
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

const copyMemory = async ({template, directory, uid, gid}: MachineOptions): Promise<string> => {
	const {ram} = machineFiles(directory);
	await copyFile(template.ram, ram, constants.COPYFILE_FICLONE);
	await chown(ram, uid, gid);
	await chmod(ram, 0o600);
	return ram;
};

type Memory = QemuOptions['ram'] & {
	/** What QEMU must be given to open it. */
	readonly descriptors: readonly number[];
	/** To be called when the machine has ended. */
	readonly release: () => void;
};

/** The memory that the machine starts with, in which it cannot touch what others start with. */
const provideMemory = async (options: MachineOptions): Promise<Memory> => {
	const {template, gid} = options;
	const own = {descriptors: [], release: () => undefined};
	// Its file server must see what it writes.
	if (options.shares.length > 0) {
		return {path: await copyMemory(options), share: true, readOnly: false, ...own};
	}

	if (template.readOnly) {
		return {path: template.ram, share: false, readOnly: true, ...own};
	}

	try {
		const {path, descriptor, release} = await holdMemory(template, gid);
		return {path, share: false, readOnly: false, descriptors: [descriptor], release};
	} catch {
		// Slower, and nothing of it is shared; doctor says what is missing.
		return {path: await copyMemory(options), share: false, readOnly: false, ...own};
	}
};

type Restored =
	| {readonly machine: Machine}
	/** The template is of no use: QEMU does not take its state, or the guest does not go on from there. */
	| {readonly fault: string};

const firstPort = ([device]: readonly NetworkDevice[]) => ({[networkPorts[0]]: device?.endpointId ?? unusedPort});

/** Kills what there is of a machine that could not be started because of `cause`. */
const endProcess = async (process: DetachedProcess | undefined, cause: unknown): Promise<void> => {
	process?.kill();
	if (process && !await willEndWithin(process.exited, killLimitMs)) {
		throw cannotBeKilled(process.pid, cause);
	}
};

/** The reason of a failure, with what QEMU said last. */
const faultOf = async (error: unknown, errors: string): Promise<string> => {
	const words = await lastLineOf(errors);
	return words === '' ? messageOf(error) : `${messageOf(error)} (${words})`;
};

/** Starts a machine once, see `startMachine`. */
const restoreMachine = async (options: MachineOptions): Promise<Restored> => {
	const {
		directory, template, uid, gid, program, signal,
	} = options;
	signal?.throwIfAborted();
	const files = machineFiles(directory);
	const startedAt = Date.now();
	await mkdir(directory, {recursive: true, mode: 0o711});
	// What an earlier machine's user left in it must not be written through.
	await rm(files.run, {recursive: true, force: true});
	await mkdir(files.run, {mode: 0o700});
	// Its kernel booted in the template, and goes on printing from there.
	await writeFile(files.console, template.boot, {mode: 0o600, flag: 'wx'});
	await chown(files.console, uid, gid);
	await chown(files.run, uid, gid);
	const isShared = options.shares.length > 0;
	const memory = await provideMemory(options);
	const record = createRecord(directory);
	const sharing = isShared
		? serveShares(directory, options.shares, {uid, gid, record: async shares => record({shares})})
		: undefined;
	// Awaited below, after the machine is up; a failure before then must not go unheard.
	sharing?.catch(() => undefined);
	const limitMs = silenceLimitMs();
	const late = AbortSignal.timeout(limitMs);
	let process: DetachedProcess | undefined;
	let qemu: ProcessIdentity | undefined;
	let sharesServer: ProcessIdentity | undefined;
	// A failure counts as the template's between the two.
	let isRestoring = false;
	try {
		process = await spawnDetached(program, qemuArguments({
			shape: template.shape, directory, name: options.name, log: options.log,
			restored: {kernelStart: template.kernelStart, disk: options.disk, tap: options.devices[0]?.tap},
			ram: memory,
		}), {
			uid,
			gid,
			groups: groupsOf(template),
			output: files.errors,
			network: options.network,
			descriptors: memory.descriptors,
			owner: directory,
		});
		const {pid, exited, kill} = process;
		// Whatever is being waited for then ends.
		const ending = signal ? AbortSignal.any([signal, late]) : late;
		ending.addEventListener('abort', kill);
		if (ending.aborted) {
			kill();
		}

		qemu = pid === undefined ? undefined : await identify(pid);
		// An engine that ends from here on leaves a record by which the next one ends the machine.
		await record({qemu, log: options.log});
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
		// It may break after QEMU has read all that it wants.
		broken.catch(() => undefined);
		state.end(template.state);
		await Promise.race([awaitMigration(qmp, 1), broken]);
		isRestoring = false;
		await rm(files.incoming, {force: true});
		if (sharing) {
			const {identity, socket} = await sharing;
			sharesServer = identity;
			await connectShares(qmp, socket);
			await qmp.execute('device_add', {
				driver: 'vhost-user-fs-pci', id: 'shares', chardev: 'shares', tag: 'shares', bus: sharesPort,
			});
		}

		const supervised = superviseMachine(directory, qmp, {
			qemu, shares: sharesServer, log: options.log, ports: firstPort(options.devices), phases: [], startedAt,
		}, {privateKey: options.privateKey, exited});
		supervised.mark('restore');
		for (const device of options.devices.slice(1)) {
			await supervised.insert(device);
		}

		isRestoring = true;
		await qmp.execute('cont');
		supervised.control.write(encodeMessage(options.message, options.devices, options.shares));
		supervised.awaitWord();
		await awaitFirstWord(supervised.heard, supervised.machine, qmp, template.timeoutMs);
		isRestoring = false;
		await supervised.save();
		ending.removeEventListener('abort', kill);
		void supervised.machine.ended.then(memory.release);
		return {machine: supervised.machine};
	} catch (error) {
		memory.release();
		const wasAlive = qemu !== undefined && await isAlive(qemu).catch(() => false);
		await endProcess(process, error);
		await sharing?.then(async ({identity}) => killProcess(identity), () => undefined);
		signal?.throwIfAborted();
		if (late.aborted) {
			throw new HolmError('unavailable', `the machine did not come up within ${limitMs / 1000} seconds: ${messageOf(error)}`, {remedy: patienceRemedy, cause: error});
		}

		// What was killed from outside says nothing about the template.
		if (isRestoring && process && (wasAlive || (await process.exited).signal !== 'SIGKILL')) {
			return {fault: await faultOf(error, files.errors)};
		}

		throw error;
	}
};

/**
Restores a machine from its template, plugs in its disk and devices, and sends it its start message.

Resolves when the guest has answered; the machine's `started` tells when the process runs. A template from which the machine cannot be restored is made again, once; when that does not help, `internal` is thrown, naming it. On failure, and when it takes longer than a guest may be silent, nothing is left but the directory, which `clearMachine` removes.
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

/** An old engine that has not let go yet is waited for this long; a monitor serves one at a time. */
const adoptTimeoutMs = 15_000;

/** The machine that an earlier engine started in `directory`, if it still runs. Throws `unavailable` for one that runs and does not answer, and what the system says when it has no descriptors to spare. */
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

/** Removes what a machine kept while it ran, ending first whatever of it still runs. Throws `unavailable` when something is mounted in there that stays. */
export const clearMachine = async (directory: string): Promise<void> => {
	const record = await readRecord(directory);
	for (const identity of [record?.qemu, record?.shares]) {
		if (identity) {
			await killProcess(identity);
		}
	}

	// A version that mounted shares on the host may have started it, and been cut short.
	await unmountBelow(directory);
	await rm(directory, {recursive: true, force: true});
};
