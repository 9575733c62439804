import {messageOf} from '../../engine/errors.js';
import {applyCorrection, correctionFor, readClock} from '../machines/clock.js';
import {type Machine} from '../machines/running-machine.js';
import {machineOf, type Context} from './context.js';

/** What sets a clock right by itself goes slower than this. */
const leastJumpMs = 250;
/** How long a guest may take to tell the time. */
const readingLimitMs = 10_000;

/** The host's two clocks, in milliseconds: the time of day, and the one that is never set and stands while the host sleeps. */
export type HostClocks = {readonly wall: number; readonly steady: number};

const now = (): HostClocks => ({wall: Date.now(), steady: performance.now()});

/** Whether the host has slept, or its clock been set, between two moments. */
export const hasJumped = (before: HostClocks, after: HostClocks): boolean =>
	Math.abs((after.wall - before.wall) - (after.steady - before.steady)) > leastJumpMs;

type Running = {readonly name: string; readonly machine: Pick<Machine, 'agent' | 'setClock'>};

export type KeepClocksOptions = {
	/** The machines whose clocks go at this moment. */
	readonly running: () => readonly Running[];
	readonly log: (line: string) => void;
	readonly hostClocks?: () => HostClocks;
	/** How often the host's own clock is looked at; default five seconds. */
	readonly jumpIntervalMs?: number;
	/** Default ten minutes, in which a processor's clock goes wrong by some ten milliseconds. */
	readonly readingIntervalMs?: number;
};

/** Those of an engine. A paused one is set when it goes on. */
export const runningMachines = ({containers}: Pick<Context, 'containers'>): readonly Running[] => [...containers.values()].flatMap(entry => {
	const {container} = entry;
	const machine = machineOf(entry);
	return machine && container.status.state === 'running' && !machine.isOutOfSpace() ? [{name: container.name, machine}] : [];
});

/**
Keeps the clocks of machines right while they run: a guest's clock follows the processor's and not what the host knows better, and it stands while the host sleeps. All are set when the host's clock has jumped; else each is read from time to time, one after another, and corrected.

Returns a function that ends it.
*/
export const keepClocks = ({
	running,
	log,
	hostClocks = now,
	jumpIntervalMs = 5000,
	readingIntervalMs = 10 * 60_000,
}: KeepClocksOptions): () => void => {
	let last = hostClocks();
	let isReading = false;
	const followJump = () => {
		const before = last;
		last = hostClocks();
		if (!hasJumped(before, last)) {
			return;
		}

		const machines = running();
		log(`the host's clock has jumped; setting those of ${machines.length} machines`);
		for (const {machine} of machines) {
			// One that ends meanwhile needs none.
			machine.setClock().catch(() => undefined);
		}
	};

	const readAll = async () => {
		if (isReading) {
			return;
		}

		isReading = true;
		for (const {name, machine} of running()) {
			try {
				const reading = await readClock(machine, readingLimitMs);
				if (reading) {
					await applyCorrection(machine, correctionFor(reading));
				}
			} catch (error) {
				log(`the clock of ${name} was not corrected: ${messageOf(error)}`);
			}
		}

		isReading = false;
	};

	const timers = [setInterval(followJump, jumpIntervalMs), setInterval(() => {
		void readAll();
	}, readingIntervalMs)];
	for (const timer of timers) {
		timer.unref();
	}

	return () => {
		for (const timer of timers) {
			clearInterval(timer);
		}
	};
};
