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
import {HolmError} from '../../errors.js';
import {unmountBelow} from '../mounts.js';
import {awaitMigration, awaitQmp, ignoreSharedMemory} from './migration.js';
import {
	groupsOf,
	identify,
	isAlive,
	killProcess,
	spawnDetached,
	type ProcessIdentity,
} from './process.js';
import {
	machineFiles,
	networkPorts,
	qemuArguments,
	sharesPort,
} from './qemu.js';
import {connectQmp} from './qmp.js';
import {
	createRecord,
	isWhole,
	readRecord,
} from './record.js';
import {connectOwn} from './run-directory.js';
import {type Machine} from './running-machine.js';
import {connectShares, serveShares, type Share} from './shares.js';
import {encodeMessage, type NetworkDevice, type StartMessage} from './start-message.js';
import {superviseMachine} from './supervise.js';
import {type Template} from './template.js';

export type {Machine} from './running-machine.js';
export type {NetworkDevice, StartMessage} from './start-message.js';
export {lastWords, type MachineEnd} from './status.js';

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
};

/** Stands for the first network device of a machine that has no networks. */
const unusedPort = 'unused';

/**
Restores a machine from its template, plugs in its disk and devices, and sends it its start message.

Resolves when the message is sent; the machine's `started` tells when the process runs. On failure nothing is left but the directory, which `clearMachine` removes.
*/
export const startMachine = async (options: MachineOptions): Promise<Machine> => {
	const {
		directory, template, uid, gid, program,
	} = options;
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
	if (isShared) {
		await copyFile(template.ram, files.ram, constants.COPYFILE_FICLONE);
		await chown(files.ram, uid, gid);
		await chmod(files.ram, 0o600);
	}

	const record = createRecord(directory);
	const sharing = isShared ? serveShares(directory, options.shares, {uid, gid, record: async shares => record({shares})}) : undefined;
	// Awaited below, after the machine is up; a failure before then must not go unheard.
	sharing?.catch(() => undefined);
	const {pid, exited} = await spawnDetached(program, qemuArguments({
		shape: template.shape, directory, name: options.name, log: options.log,
		restored: {kernelStart: template.kernelStart, disk: options.disk, tap: options.devices[0]?.tap},
		ram: isShared ? {path: files.ram, share: true, readOnly: false} : {path: template.ram, share: false, readOnly: template.readOnly},
	}), {
		uid, gid, groups: groupsOf(template), output: files.errors, network: options.network,
	});
	const qemu = pid === undefined ? undefined : await identify(pid);
	let sharesServer: ProcessIdentity | undefined;
	try {
		// An engine that ends from here on leaves a record by which the next one ends the machine.
		await record({qemu});
		const qmp = await awaitQmp(files.qmp, files.errors, exited);
		if (!qemu) {
			throw new HolmError('internal', 'the machine ended at once');
		}

		await ignoreSharedMemory(qmp);
		await qmp.execute('migrate-incoming', {uri: `unix:${files.incoming}`});
		const state = connectOwn(files.incoming);
		const broken = new Promise<never>((_, reject) => {
			state.on('error', reject);
		});
		// It may break after QEMU has read all that it wants.
		broken.catch(() => undefined);
		state.end(template.state);
		await Promise.race([awaitMigration(qmp, 1), broken]);
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
			qemu, shares: sharesServer, ports: options.devices[0] ? {[networkPorts[0]]: options.devices[0].endpointId} : {[networkPorts[0]]: unusedPort}, phases: [], startedAt,
		}, {privateKey: options.privateKey, exited});
		supervised.mark('restore');
		for (const device of options.devices.slice(1)) {
			await supervised.insert(device);
		}

		await qmp.execute('cont');
		supervised.control.write(encodeMessage(options.message, options.devices, options.shares));
		await supervised.save();
		return supervised.machine;
	} catch (error) {
		if (qemu) {
			await killProcess(qemu);
		}

		await sharing?.then(async ({identity}) => killProcess(identity), () => undefined);
		throw error;
	}
};

/** An old engine that has not let go yet is waited for this long; a monitor serves one at a time. */
const adoptTimeoutMs = 5000;

/** The machine that an earlier engine started in `directory`, if it still runs. */
export const adoptMachine = async (directory: string, privateKey: string): Promise<Machine | undefined> => {
	const record = await readRecord(directory);
	if (!isWhole(record) || !await isAlive(record.qemu)) {
		return undefined;
	}

	try {
		const qmp = await connectQmp(machineFiles(directory).qmp, AbortSignal.timeout(adoptTimeoutMs));
		return superviseMachine(directory, qmp, record, {privateKey}).machine;
	} catch {
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
