import {randomUUID} from 'node:crypto';
import {rename, writeFile} from 'node:fs/promises';
import {connect, type Socket} from 'node:net';
import {HolmError} from '../../errors.js';
import {type BootPhase, bootPhases} from '../../resources.js';
import {createAgent, type Agent} from './agent.js';
import {killProcess, type ProcessIdentity} from './process.js';
import {machineFiles, networkPorts} from './qemu.js';
import {type Qmp} from './qmp.js';
import {linkLine, type NetworkDevice} from './start-message.js';
import {
	endedSilently,
	endOf,
	followStatus,
	type MachineEnd,
} from './status.js';

/** A machine that runs. */
export type Machine = {
	readonly pid: number;
	/** Resolves when the process in it has started, or in a utility machine when its disk and shares are mounted; rejects with the reason when the machine ends before. */
	readonly started: Promise<void>;
	/** Resolves when QEMU is gone. */
	readonly ended: Promise<MachineEnd>;
	readonly phases: () => readonly BootPhase[];
	readonly agent: Agent;
	/** Sends a signal to the container's process, once that runs. Throws `invalid` for a number that is none. */
	signal: (number: number) => Promise<void>;
	/** Sets the size of the process's terminal, once that runs. */
	resize: (rows: number, columns: number) => Promise<void>;
	pause: () => Promise<void>;
	resume: () => Promise<void>;
	plug: (device: NetworkDevice) => Promise<void>;
	unplug: (endpointId: string) => Promise<void>;
	/** Makes QEMU append log entries to another file from now on. */
	swapLog: (file: string) => Promise<void>;
	/** Ends a utility machine after everything it wrote is on its disk. */
	finish: () => Promise<void>;
	/** Ends it at once, as a power cut would. */
	kill: () => Promise<void>;
	/** Lets go of it without ending it; its promises never settle then. */
	release: () => void;
};

/** What a later engine needs to take a machine over. */
export type MachineRecord = {
	readonly qemu: ProcessIdentity;
	readonly shares?: ProcessIdentity;
	/** Endpoint ids by their port. */
	readonly ports: Readonly<Record<string, string>>;
	readonly phases: readonly BootPhase[];
	/** When the machine was started, in milliseconds since 1970. */
	readonly startedAt: number;
};

export const writeRecord = async (directory: string, record: Partial<MachineRecord>): Promise<void> => {
	const {record: file} = machineFiles(directory);
	const scratch = `${file}.${randomUUID()}`;
	await writeFile(scratch, JSON.stringify(record), {mode: 0o600});
	await rename(scratch, file);
};

type SuperviseOptions = {
	readonly privateKey: string;
	/** How QEMU ended, where it is a child of this engine. */
	readonly exited?: Promise<{readonly signal: NodeJS.Signals | undefined}>;
};

/** How long the guest may take to take up or let go of a device. */
const deviceTimeoutMs = 20_000;

/** Linux has signals 1 to 64. */
const lastSignal = 64;

/** Joins a QEMU process, its monitor and its guest's words into one machine. */
export const superviseMachine = (directory: string, qmp: Qmp, record: MachineRecord, options: SuperviseOptions) => {
	const files = machineFiles(directory);
	const phases: BootPhase[] = [...record.phases];
	const ports: Record<string, string> = {...record.ports};
	const processStarted = Promise.withResolvers<void>();
	let isReleased = false;
	const waiters = new Set<(line: string) => void>();
	// Nobody may be waiting when it fails, and whoever is hears it from `ended` too.
	processStarted.promise.catch(() => undefined);

	const save = async () => {
		await writeRecord(directory, {...record, ports, phases});
	};

	const mark = (name: BootPhase['name']) => {
		if (phases.every(phase => phase.name !== name)) {
			phases.push({name, startMs: phases.at(-1)?.endMs ?? 0, endMs: Date.now() - record.startedAt});
		}
	};

	const hear = (line: string) => {
		const [word = '', argument = ''] = line.split(' ', 2);
		switch (word) {
			case 'phase': {
				if (bootPhases.includes(argument as BootPhase['name'])) {
					mark(argument as BootPhase['name']);
				}

				break;
			}

			case 'started': {
				mark('process');
				void save();
				processStarted.resolve();
				break;
			}

			case 'serving': {
				void save();
				processStarted.resolve();
				break;
			}

			case 'bye': {
				// Its disk is in order, and the rest of a power-off is of use to nobody.
				void killProcess(record.qemu);
				break;
			}

			default:
		}

		for (const waiter of waiters) {
			waiter(line);
		}
	};

	const follower = followStatus(files.status, hear);
	void follower.refresh();
	const control: Socket = connect(files.control);
	control.on('error', () => undefined);
	// The file says it all; the socket is only to speak.
	control.resume();
	const agent = createAgent(files.ssh, options.privateKey);

	const ended = (async (): Promise<MachineEnd> => {
		await qmp.closed;
		if (isReleased) {
			return new Promise(() => {});
		}

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
		const end = await endOf(directory, follower.lines, signal ? `the machine was killed (${signal})` : endedSilently);
		processStarted.reject(new HolmError('internal', end.kind === 'exited' ? 'the process ended before it was seen' : end.reason));
		return end;
	})();

	const tell = async (line: string) => new Promise<void>((resolve, reject) => {
		control.write(line, error => {
			if (error) {
				reject(new HolmError('conflict', 'the machine has ended', {cause: error}));
			} else {
				resolve();
			}
		});
	});

	/** The first line for which `isAnswer` holds, from now on. */
	const answer = async (isAnswer: (line: string) => boolean): Promise<string> => {
		const {promise, resolve} = Promise.withResolvers<string | undefined>();
		const waiter = (line: string) => {
			if (isAnswer(line)) {
				resolve(line);
			}
		};

		waiters.add(waiter);
		const timer = setTimeout(resolve, deviceTimeoutMs, undefined);
		const line = await Promise.race([promise, ended.then(() => undefined)]);
		clearTimeout(timer);
		waiters.delete(waiter);
		if (line === undefined) {
			throw new HolmError('internal', 'the guest did not answer in time');
		}

		return line;
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

	const remove = async (endpointId: string) => {
		const port = Object.keys(ports).find(candidate => ports[candidate] === endpointId);
		if (!port) {
			return;
		}

		const gone = Promise.withResolvers<boolean>();
		const stop = qmp.onEvent(({name, data}) => {
			if (name === 'DEVICE_DELETED' && data.device === `dev-${port}`) {
				gone.resolve(true);
			}
		});
		const timer = setTimeout(gone.resolve, deviceTimeoutMs, false);
		try {
			await qmp.execute('device_del', {id: `dev-${port}`});
			if (!await Promise.race([gone.promise, ended.then(() => true)])) {
				throw new HolmError('internal', 'the guest did not let go of the network device in time');
			}

			await qmp.execute('netdev_del', {id: `net-${port}`});
		} finally {
			clearTimeout(timer);
			stop();
		}

		// eslint-disable-next-line @typescript-eslint/no-dynamic-delete
		delete ports[port];
		await save();
	};

	const machine: Machine = {
		pid: record.qemu.pid,
		started: processStarted.promise,
		ended,
		phases: () => phases,
		agent,
		async signal(number) {
			if (!Number.isSafeInteger(number) || number < 1 || number > lastSignal) {
				throw new HolmError('invalid', `${number} is not the number of a signal`, {remedy: `use a number from 1 to ${lastSignal}`});
			}

			await tell(`signal ${number}\n`);
		},
		async resize(rows, columns) {
			// A terminal's size has 16 bits in each direction.
			const [height, width] = [rows, columns].map(length => Math.min(0xFF_FF, Math.max(0, Math.trunc(length) || 0)));
			await tell(`size ${height} ${width}\n`);
		},
		async pause() {
			await qmp.execute('stop');
		},
		async resume() {
			await qmp.execute('cont');
		},
		async plug(device) {
			await insert(device);
			try {
				const linked = answer(line => line === `linked ${device.name}` || line.startsWith(`unlinked ${device.name} `));
				await tell(linkLine(device));
				const line = await linked;
				if (line.startsWith('unlinked ')) {
					throw new HolmError('internal', `the guest could not configure network device ${device.name}: ${line.split(' ').slice(2).join(' ')}`);
				}
			} catch (error) {
				await remove(device.endpointId).catch(() => undefined);
				throw error;
			}

			await save();
		},
		unplug: remove,
		async swapLog(file) {
			await qmp.execute('chardev-change', {id: 'log', backend: {type: 'file', data: {out: file, append: true}}});
		},
		async finish() {
			await tell('finish\n');
			await ended;
		},
		async kill() {
			await killProcess(record.qemu);
			await ended;
		},
		release() {
			isReleased = true;
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
