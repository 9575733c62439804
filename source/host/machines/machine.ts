import {watch} from 'node:fs';
import {
	chmod,
	chown,
	copyFile,
	constants,
	mkdir,
	open,
	readFile,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
import {connect, type Socket} from 'node:net';
import {HolmError} from '../../errors.js';
import {type BootPhase, bootPhases} from '../../resources.js';
import {createAgent, type Agent} from './agent.js';
import {
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
import {connectQmp, type Qmp} from './qmp.js';
import {releaseShares, serveShares, type Share} from './shares.js';
import {
	awaitMigration,
	awaitQmp,
	ignoreSharedMemory,
	type Template,
} from './template.js';

/** One network device of a machine. */
export type NetworkDevice = {
	/** Id of the attachment, as long as it lasts. */
	readonly endpointId: string;
	/** Tap on the host, made and owned by the machine's user. */
	readonly tap: string;
	/** Name in the guest, such as `eth0`. */
	readonly name: string;
	readonly mac: string;
	readonly address: string;
	readonly prefixLength: number;
	/** The default route goes here; undefined for a network that is not the way out. */
	readonly gateway?: string;
};

/** What the guest gets and does, once. */
export type StartMessage = {
	readonly hostname: string;
	/** By path below `/run/holm` in the guest. */
	readonly files: Readonly<Record<string, Uint8Array>>;
	readonly terminal: boolean;
	readonly stdin: boolean;
};

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
	/** File that log entries are appended to. */
	readonly log: string;
	readonly message: StartMessage;
	readonly privateKey: string;
};

/** How a machine ended. */
export type MachineEnd =
	| {readonly kind: 'exited'; readonly exitCode: number; readonly outOfMemory: boolean; readonly at: number}
	/** The runtime could not start the process; `reason` is its own line. */
	| {readonly kind: 'refused'; readonly reason: string; readonly at: number}
	/** The machine itself ended or never came up. */
	| {readonly kind: 'died'; readonly reason: string; readonly at: number};

/** A machine that runs. */
export type Machine = {
	readonly pid: number;
	/** Resolves when the process in it has started; rejects with the reason when the machine ends before. */
	readonly started: Promise<void>;
	/** Resolves when QEMU is gone. */
	readonly ended: Promise<MachineEnd>;
	readonly phases: () => readonly BootPhase[];
	readonly agent: Agent;
	pause: () => Promise<void>;
	resume: () => Promise<void>;
	plug: (device: NetworkDevice) => Promise<void>;
	unplug: (endpointId: string) => Promise<void>;
	/** Makes QEMU append log entries to another file from now on. */
	swapLog: (file: string) => Promise<void>;
	/** Ends it at once, as a power cut would. */
	kill: () => Promise<void>;
	/** Lets go of it without ending it. */
	release: () => void;
};

/** What a later engine needs to take a machine over. */
type MachineRecord = {
	readonly qemu: ProcessIdentity;
	readonly shares?: ProcessIdentity;
	/** Endpoint ids by their port. */
	readonly ports: Readonly<Record<string, string>>;
	readonly phases: readonly BootPhase[];
};

const status = (lines: readonly string[]) => {
	const words = (word: string) => lines.findLast(line => line.startsWith(`${word} `))?.slice(word.length + 1);
	return {
		started: words('started'), exited: words('exited'), refused: words('refused'), failed: words('failed'),
	};
};

const endOf = async (directory: string, lines: readonly string[], signal: string | undefined): Promise<MachineEnd> => {
	const at = Date.now();
	const {exited, refused, failed} = status(lines);
	if (exited !== undefined) {
		const [exitCode = 0, kills = 0] = exited.split(' ').map(Number);
		return {
			kind: 'exited', exitCode: exitCode & 0xFF, outOfMemory: kills > 0 && exitCode === 137, at,
		};
	}

	if (refused !== undefined) {
		return {kind: 'refused', reason: refused, at};
	}

	if (failed !== undefined) {
		return {kind: 'died', reason: failed, at};
	}

	const console = await readFile(machineFiles(directory).console, 'latin1').catch(() => '');
	const panic = /Kernel panic - not syncing: (?<reason>[\u{20}-\u{7E}]{1,200})/v.exec(console)?.groups?.reason;
	if (panic) {
		return {kind: 'died', reason: `the guest's kernel panicked: ${panic}`, at};
	}

	return {kind: 'died', reason: signal ? `the machine was killed (${signal})` : 'the machine ended without a word', at};
};

/**
Reads the lines that the guest has said so far, and calls `onLine` for each new one until `stop`.

The file is the truth: QEMU writes it whether an engine listens or not. Watching it is enough to be told.
*/
const followStatus = (file: string, onLine: (line: string) => void) => {
	const lines: string[] = [];
	let offset = 0;
	let rest = '';
	let reading = Promise.resolve();
	const read = async () => {
		const handle = await open(file, 'r').catch(() => undefined);
		if (!handle) {
			return;
		}

		try {
			// A guest that floods its port is cut off: nothing it must say needs more.
			while (offset < 1024 * 1024) {
				const {bytesRead, buffer} = await handle.read({position: offset, buffer: Buffer.alloc(4096)});
				if (bytesRead === 0) {
					break;
				}

				offset += bytesRead;
				const parts = (rest + buffer.toString('latin1', 0, bytesRead)).split('\n');
				rest = parts.pop() ?? '';
				for (const line of parts) {
					const clean = line.replaceAll(/[^\u{20}-\u{7E}]/gv, '').slice(0, 1000);
					lines.push(clean);
					onLine(clean);
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

	const watcher = watch(file, () => {
		void refresh();
	});
	watcher.on('error', () => undefined);
	return {
		lines,
		refresh,
		stop() {
			watcher.close();
		},
	};
};

/** Joins a QEMU process, its monitor and its guest's words into one machine. */
const superviseMachine = (directory: string, qmp: Qmp, record: MachineRecord, options: {readonly privateKey: string; readonly started: number; readonly exited?: Promise<{readonly signal: NodeJS.Signals | undefined}>}) => {
	const files = machineFiles(directory);
	const phases: BootPhase[] = [...record.phases];
	const ports: Record<string, string> = {...record.ports};
	const processStarted = Promise.withResolvers<void>();
	const waiters = new Map<string, () => void>();
	// Nobody may be waiting when it fails, and whoever is hears it from `ended` too.
	processStarted.promise.catch(() => undefined);

	const save = async () => {
		await writeFile(files.pid, JSON.stringify({...record, ports, phases} satisfies MachineRecord));
	};

	const mark = (name: BootPhase['name']) => {
		if (phases.every(phase => phase.name !== name)) {
			phases.push({name, startMs: phases.at(-1)?.endMs ?? 0, endMs: Math.round(performance.now() - options.started)});
		}
	};

	const follower = followStatus(files.status, line => {
		const [word, argument = ''] = line.split(' ', 2);
		if (word === 'phase' && bootPhases.includes(argument as BootPhase['name'])) {
			mark(argument as BootPhase['name']);
		} else if (word === 'started') {
			mark('process');
			void save();
			processStarted.resolve();
		}

		waiters.get(line)?.();
	});
	void follower.refresh();
	const control: Socket = connect(files.control);
	control.on('error', () => undefined);
	// The file says it all; the socket is only to speak.
	control.resume();
	const agent = createAgent(files.ssh, options.privateKey);

	const ended = (async (): Promise<MachineEnd> => {
		await qmp.closed;
		const signal = await Promise.race([
			options.exited?.then(({signal}) => signal),
			// Adopted machines are no children of this engine, and nobody learns how they ended.
			new Promise<undefined>(resolve => {
				setTimeout(resolve, 500, undefined);
			}),
		]);
		await killProcess(record.qemu);
		await follower.refresh();
		follower.stop();
		control.destroy();
		agent.close();
		const end = await endOf(directory, follower.lines, signal);
		processStarted.reject(new HolmError('internal', end.kind === 'exited' ? 'the process ended before it was seen' : end.reason));
		return end;
	})();

	const said = async (line: string, timeoutMs: number) => {
		const {promise, resolve} = Promise.withResolvers<boolean>();
		waiters.set(line, () => {
			resolve(true);
		});
		const timer = setTimeout(resolve, timeoutMs, false);
		const isAnswered = await Promise.race([promise, ended.then(() => false)]);
		clearTimeout(timer);
		waiters.delete(line);
		if (!isAnswered) {
			throw new HolmError('internal', 'the guest did not answer in time');
		}
	};

	const freePort = () => {
		const port = networkPorts.find(candidate => ports[candidate] === undefined);
		if (!port) {
			throw new HolmError('conflict', `a container can be attached to ${networkPorts.length} networks at most`, {remedy: 'disconnect it from one first'});
		}

		return port;
	};

	const insert = async ({endpointId, tap, mac}: NetworkDevice) => {
		const port = freePort();
		const id = `net-${port}`;
		await qmp.execute('netdev_add', {
			type: 'tap', id, ifname: tap, script: 'no', downscript: 'no',
		});
		try {
			await qmp.execute('device_add', {
				driver: 'virtio-net-pci', id: `dev-${port}`, netdev: id, mac, bus: port, romfile: '',
			});
		} catch (error) {
			await qmp.execute('netdev_del', {id});
			throw error;
		}

		ports[port] = endpointId;
	};

	const machine: Machine = {
		pid: record.qemu.pid,
		started: processStarted.promise,
		ended,
		phases: () => phases,
		agent,
		async pause() {
			await qmp.execute('stop');
		},
		async resume() {
			await qmp.execute('cont');
		},
		async plug(device) {
			await insert(device);
			const linked = said(`linked ${device.name}`, 20_000);
			control.write(linkLine(device));
			await linked;
			await save();
		},
		async unplug(endpointId) {
			const port = Object.keys(ports).find(candidate => ports[candidate] === endpointId);
			if (!port) {
				return;
			}

			const gone = Promise.withResolvers<void>();
			qmp.onEvent(({name, data}) => {
				if (name === 'DEVICE_DELETED' && data.device === `dev-${port}`) {
					gone.resolve();
				}
			});
			await qmp.execute('device_del', {id: `dev-${port}`});
			await Promise.race([gone.promise, ended]);
			await qmp.execute('netdev_del', {id: `net-${port}`});
			// eslint-disable-next-line @typescript-eslint/no-dynamic-delete
			delete ports[port];
			await save();
		},
		async swapLog(file) {
			await qmp.execute('chardev-change', {id: 'log', backend: {type: 'file', data: {out: file, append: true}}});
		},
		async kill() {
			await killProcess(record.qemu);
			await ended;
		},
		release() {
			follower.stop();
			control.destroy();
			agent.close();
			qmp.close();
		},
	};
	return {
		machine, control, insert, mark, save,
	};
};

/** Stands for the first network device of a machine that has no networks. */
const unusedPort = 'unused';

const linkLine = ({name, mac, address, prefixLength, gateway}: NetworkDevice) => `link ${name} ${mac} ${address} ${netmaskOf(prefixLength)} ${gateway ?? '-'}\n`;

const netmaskOf = (prefixLength: number) => [24, 16, 8, 0].map(shift => ((2 ** 32 - 2 ** (32 - prefixLength)) / 2 ** shift) & 0xFF).join('.');

/** The bytes of a start message: one verb a line, a file's content following its own line. */
const encodeMessage = ({hostname, files, terminal, stdin}: StartMessage, options: MachineOptions): Uint8Array => Buffer.concat([
	Buffer.from(`clock ${(Date.now() / 1000).toFixed(6)}\nseed\nhost ${hostname}\n`),
	...Object.entries(files).flatMap(([name, content]) => [Buffer.from(`file ${name} ${content.length}\n`), content]),
	Buffer.from('disk\n'),
	...options.devices.map((device, index) => Buffer.from(index === 0 ? `first ${linkLine(device)}` : linkLine(device))),
	Buffer.from('phase network\n'),
	...(options.shares.length > 0 ? [Buffer.from('shares\n')] : []),
	Buffer.from(`run ${terminal ? 'yes' : 'no'} ${stdin ? 'yes' : 'no'}\nssh\n`),
]);

/**
Restores a machine from its template, plugs in its disk and devices, and sends it its start message.

Resolves when the message is sent; the machine's `started` tells when the process runs. On failure nothing is left but the directory, which `clearMachine` removes.
*/
export const startMachine = async (options: MachineOptions): Promise<Machine> => {
	const {
		directory, template, uid, gid, program,
	} = options;
	const files = machineFiles(directory);
	const started = performance.now();
	await mkdir(directory, {recursive: true, mode: 0o700});
	await chown(directory, uid, gid);
	const isShared = options.shares.length > 0;
	if (isShared) {
		await copyFile(template.ram, files.ram, constants.COPYFILE_FICLONE);
		await chown(files.ram, uid, gid);
		await chmod(files.ram, 0o600);
	}

	const sharing = isShared ? serveShares(directory, options.shares, options) : undefined;
	// Awaited below, after the machine is up; a failure before then must not go unheard.
	sharing?.catch(() => undefined);
	const {pid, exited} = await spawnDetached(program, qemuArguments({
		shape: template.shape, directory, name: options.name, log: options.log, restored: {disk: options.disk, tap: options.devices[0]?.tap},
		ram: isShared ? {path: files.ram, share: true, readOnly: false} : {path: template.ram, share: false, readOnly: template.readOnly},
	}), {
		uid, gid, output: files.errors, network: options.network,
	});
	const qemu = pid === undefined ? undefined : await identify(pid);
	let sharesServer: ProcessIdentity | undefined;
	try {
		const qmp = await awaitQmp(files.qmp, files.errors, exited);
		if (!qemu) {
			throw new HolmError('internal', 'the machine ended at once');
		}

		await ignoreSharedMemory(qmp);
		await qmp.execute('migrate-incoming', {uri: `unix:${files.incoming}`});
		connect(files.incoming).end(template.state);
		await awaitMigration(qmp, 1);
		await rm(files.incoming, {force: true});
		if (sharing) {
			const {identity, socket} = await sharing;
			sharesServer = identity;
			await qmp.execute('chardev-add', {id: 'shares', backend: {type: 'socket', data: {server: false, addr: {type: 'unix', data: {path: socket}}}}});
			await qmp.execute('device_add', {
				driver: 'vhost-user-fs-pci', id: 'shares', chardev: 'shares', tag: 'shares', bus: sharesPort,
			});
		}

		const supervised = superviseMachine(directory, qmp, {
			qemu, shares: sharesServer, ports: options.devices[0] ? {[networkPorts[0]]: options.devices[0].endpointId} : {[networkPorts[0]]: unusedPort}, phases: [],
		}, {privateKey: options.privateKey, started, exited});
		supervised.mark('restore');
		for (const device of options.devices.slice(1)) {
			await supervised.insert(device);
		}

		await qmp.execute('cont');
		supervised.control.write(encodeMessage(options.message, options));
		await supervised.save();
		return supervised.machine;
	} catch (error) {
		if (qemu) {
			await killProcess(qemu);
		}

		await sharing?.then(async ({identity}) => killProcess(identity), () => undefined);
		throw error;
	} finally {
		if (isShared) {
			await releaseShares(directory, options.shares.length);
		}
	}
};

const readMachine = async (directory: string): Promise<MachineRecord | undefined> => {
	try {
		return JSON.parse(await readFile(machineFiles(directory).pid, 'utf8')) as MachineRecord;
	} catch {
		return undefined;
	}
};

/** The machine that an earlier engine started in `directory`, if it still runs. */
export const adoptMachine = async (directory: string, privateKey: string): Promise<Machine | undefined> => {
	const record = await readMachine(directory);
	if (!record || !await isAlive(record.qemu)) {
		return undefined;
	}

	try {
		const qmp = await connectQmp(machineFiles(directory).qmp);
		return superviseMachine(directory, qmp, record, {privateKey, started: performance.now()}).machine;
	} catch {
		return undefined;
	}
};

/** How a machine ended that nobody watched, as far as it said so itself. */
export const lastWords = async (directory: string): Promise<MachineEnd> => {
	const files = machineFiles(directory);
	const text = await readFile(files.status, 'latin1').catch(() => '');
	const end = await endOf(directory, text.split('\n').map(line => line.replaceAll(/[^\u{20}-\u{7E}]/gv, '')), undefined);
	const {mtimeMs} = await stat(files.status).catch(() => ({mtimeMs: Date.now()}));
	return {...end, at: mtimeMs};
};

/** Removes what a machine kept while it ran, ending first whatever of it still runs. */
export const clearMachine = async (directory: string, shareCount: number): Promise<void> => {
	const record = await readMachine(directory);
	if (record) {
		await killProcess(record.qemu);
		if (record.shares) {
			await killProcess(record.shares);
		}
	}

	if (shareCount > 0) {
		await releaseShares(directory, shareCount);
	}

	await rm(directory, {recursive: true, force: true});
};
