import type {Socket} from 'node:net';
import {HolmError} from '../../engine/errors.js';
import {type BootPhase, bootPhases} from '../../engine/resources.js';
import {createAgent} from './ssh/agent.js';
import {resendSizes} from './ssh/resent-sizes.js';
import {deviceTimeoutMs, networkDevicesOf} from './network-devices.js';
import {patienceRemedy, silenceLimitMs, willEndWithin, within} from './patience.js';
import {cannotBeKilled, killLimitMs, killProcess} from './process.js';
import {machineFiles, sshPorts} from './qemu.js';
import type {Qmp} from './qmp.js';
import {writeRecord, type MachineRecord} from './record.js';
import {createRelay} from './relay.js';
import {connectOwn} from './run-directory.js';
import type {Machine} from './running-machine.js';
import {watchDiskFull} from './disk-full.js';
import {clockLine, linkLine} from './guest-protocol.js';
import {
	endOf,
	followStatus,
	watchConsole,
	type MachineEnd,
} from './status.js';

type SuperviseOptions = {
	readonly privateKey: string;
	/** How QEMU ended, if it is a child of this engine. */
	readonly exited?: Promise<{readonly signal: NodeJS.Signals | undefined}>;
};

/** A responsive guest reads a line at once. */
const tellLimitMs = 10_000;

/** Linux has signals 1 to 64. */
const lastSignal = 64;

/** Combines a QEMU process, its monitor and its guest's messages into one machine. */
export const superviseMachine = (directory: string, qmp: Qmp, record: MachineRecord, options: SuperviseOptions) => {
	const files = machineFiles(directory);
	const phases: BootPhase[] = [...record.phases];
	const ports: Record<string, string> = {...record.ports};
	const processStarted = Promise.withResolvers<void>();
	const firstWord = Promise.withResolvers<void>();
	let isReleased = false;
	const waiters = new Set<(line: string) => void>();
	// A rejection without a listener is fine, because `ended` reports it too.
	processStarted.promise.catch(() => undefined);

	const kill = () => {
		// If it fails, `ended` does not resolve, and the caller kills the machine again.
		killProcess(record.qemu).catch(() => undefined);
	};

	const begin = () => {
		clearTimeout(silence);
		silence = undefined;
		processStarted.resolve();
	};

	/** A failed write is ignored, because the existing record identifies the machine, and only the phases are lost. */
	const note = () => {
		save().catch(() => undefined);
	};

	const save = async () => {
		await writeRecord(directory, {...record, ports, phases});
	};

	const mark = (name: BootPhase['name']) => {
		if (phases.every(phase => phase.name !== name)) {
			phases.push({name, startMs: phases.at(-1)?.endMs ?? 0, endMs: Date.now() - record.startedAt});
		}
	};

	let fault: string | undefined;
	let silence: NodeJS.Timeout | undefined;
	/** A guest reports its progress while it starts. If the messages stop, it hangs, or its container blocks it. */
	const awaitWord = () => {
		clearTimeout(silence);
		const limitMs = silenceLimitMs();
		silence = setTimeout(() => {
			fault ??= diskFull.isOut() ? 'the host\'s disk is full' : `its guest said nothing for ${limitMs / 1000} seconds, up to ${phases.at(-1)?.name ?? 'the beginning'}`;
			kill();
		}, limitMs);
	};

	const hear = (line: string) => {
		firstWord.resolve();
		if (silence) {
			awaitWord();
		}

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
				note();
				begin();
				break;
			}

			case 'serving': {
				note();
				begin();
				break;
			}

			case 'left': {
				agent.hearEnd(argument);
				relay.hearEnd(argument);
				break;
			}

			// An adopted machine's messages are read from the first on.
			case 'relaying': {
				relay.open();
				break;
			}

			case 'bye': {
				// Its disk is synced, so the rest of the shutdown is not needed.
				kill();
				break;
			}

			default:
		}

		for (const waiter of waiters) {
			waiter(line);
		}
	};

	const endFlood = (what: string) => () => {
		fault ??= `the guest flooded its ${what}`;
		kill();
	};

	const follower = followStatus(files.status, hear, endFlood('status port'));
	const stopWatching = watchConsole(files.console, endFlood('console'));
	const control: Socket = connectOwn(files.control);
	control.on('error', () => undefined);
	// The guest sends nothing here. Reading is needed to notice the end.
	control.resume();
	const tell = async (line: string) => within(new Promise<void>((resolve, reject) => {
		control.write(line, error => {
			if (error) {
				reject(new HolmError('conflict', 'the machine has ended', {cause: error}));
			} else {
				resolve();
			}
		});
	}), tellLimitMs, () => new HolmError('unavailable', 'the guest does not read commands any more', {remedy: 'holm kill ends its machine'}));

	const {sockets: sources = [], hasService = false} = record;
	const hasRelay = sources.length > 0 || hasService;
	// The relay has the last port, if there is one.
	const agent = createAgent({sockets: hasRelay ? files.ssh.slice(0, -1) : files.ssh, privateKey: options.privateKey, tell});
	const relay = createRelay(sources, {
		socketPath: files.ssh.at(-1)!, port: sshPorts.at(-1)!, privateKey: options.privateKey, tell,
	});

	const detach = () => {
		clearTimeout(silence);
		sizes.stop();
		follower.stop();
		stopWatching();
		control.destroy();
		agent.close();
		relay.close();
	};

	const ended = (async (): Promise<MachineEnd> => {
		await qmp.closed;
		if (isReleased) {
			return new Promise(() => {});
		}

		const signal = await Promise.race([
			options.exited?.then(({signal}) => signal),
			// Adopted machines are not children of this engine, so their exit status is unknown.
			new Promise<undefined>(resolve => {
				setTimeout(resolve, 500, undefined);
			}),
		]);
		// The caller that removes the machine kills it again.
		await killProcess(record.qemu).catch(() => undefined);
		await follower.refresh().catch(() => undefined);
		detach();
		const end = await endOf(directory, follower.lines, fault ?? (signal && `the machine was killed (${signal})`));
		processStarted.reject(new HolmError('internal', end.kind === 'exited' ? 'the process ended before it was seen' : end.reason));
		return end;
	})();

	/** Waits for the next message for which `isAnswer` returns true. */
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

	const sizes = resendSizes(tell);
	const setClock = async () => tell(clockLine());
	const diskFull = watchDiskFull(qmp, () => {
		setClock().catch(() => undefined);
	});
	const devices = networkDevicesOf(qmp, ports, async () => ended);

	const machine: Machine = {
		pid: record.qemu.pid,
		started: processStarted.promise,
		ended,
		phases: () => phases,
		restoredAt: () => record.startedAt + (phases.find(({name}) => name === 'restore')?.endMs ?? 0),
		agent,
		connectService: async () => relay.connect(),
		async signal(number) {
			if (!Number.isSafeInteger(number) || number < 1 || number > lastSignal) {
				throw new HolmError('invalid', `${number} is not the number of a signal`, {remedy: `use a number from 1 to ${lastSignal}`});
			}

			await tell(`signal ${number}\n`);
		},
		async resize(rows, columns) {
			// A terminal's size has 16 bits in each direction.
			const [height, width] = [rows, columns].map(length => Math.min(0xFF_FF, Math.max(0, Math.trunc(length) || 0)));
			await sizes.send(`size ${height} ${width}\n`);
		},
		async pause() {
			diskFull.hold();
			await qmp.execute('stop');
		},
		async resume() {
			diskFull.release();
			await qmp.execute('cont');
			await setClock();
		},
		setClock,
		isOutOfSpace: diskFull.isOut,
		async plug(device) {
			await devices.insert(device);
			try {
				const linked = answer(line => line === `linked ${device.name}` || line.startsWith(`unlinked ${device.name} `));
				await tell(linkLine(device));
				const line = await linked;
				if (line.startsWith('unlinked ')) {
					throw new HolmError('internal', `the guest could not configure network device ${device.name}: ${line.split(' ').slice(2).join(' ')}`);
				}
			} catch (error) {
				await devices.remove(device.endpointId).catch(() => undefined);
				throw error;
			}

			await save();
		},
		async unplug(endpointId) {
			await devices.remove(endpointId);
			await save();
		},
		...record.log === undefined && {
			async swapLog(file: string) {
				await qmp.execute('chardev-change', {id: 'log', backend: {type: 'file', data: {out: file, append: true}}});
			},
		},
		async finish() {
			await tell('finish\n').catch(() => undefined);
			if (!await willEndWithin(ended, silenceLimitMs())) {
				await machine.kill();
				throw new HolmError('unavailable', 'the guest did not sync its disk in time, and its machine was killed', {remedy: patienceRemedy});
			}
		},
		async kill() {
			await killProcess(record.qemu);
			await within(ended, killLimitMs, () => cannotBeKilled(record.qemu.pid));
		},
		release() {
			isReleased = true;
			detach();
			qmp.close();
		},
	};
	return {
		machine, control, insert: devices.insert, mark, save, awaitWord, heard: firstWord.promise,
	};
};
