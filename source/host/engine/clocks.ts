import {messageOf} from '../../engine/errors.js';
import {applyCorrection, correctionFor, readClock} from '../machines/clock.js';
import type {Machine} from '../machines/running-machine.js';
import {machineOf, type Context} from './context.js';

/** A smaller difference can be the host adjusting its clock gradually, as NTP does. */
const leastJumpMs = 250;
/** Time limit for reading a guest's clock. */
const readingLimitMs = 10_000;

/** The host's wall clock and its monotonic clock, which pauses while the host sleeps, in milliseconds. */
export type HostClocks = {readonly wall: number; readonly steady: number};

const now = (): HostClocks => ({wall: Date.now(), steady: performance.now()});

/** Whether the host slept or its wall clock was set between two readings. */
export const hasJumped = (before: HostClocks, after: HostClocks): boolean =>
	Math.abs((after.wall - before.wall) - (after.steady - before.steady)) > leastJumpMs;

type Running = {readonly name: string; readonly machine: Pick<Machine, 'agent' | 'setClock'>};

export type KeepClocksOptions = {
	/** VMs whose clocks run at this moment. */
	readonly running: () => readonly Running[];
	readonly log: (line: string) => void;
	readonly hostClocks?: () => HostClocks;
	/** How often the host's clock is checked for a jump; default 5 seconds. */
	readonly jumpIntervalMs?: number;
	/** How often each guest's clock is read; default 10 minutes, in which it drifts by some 10 ms. */
	readonly readingIntervalMs?: number;
};

/** The running VMs of an engine. The clock of a paused VM is set when it resumes. */
export const runningMachines = ({containers}: Pick<Context, 'containers'>): readonly Running[] => [...containers.values()].flatMap(entry => {
	const {container} = entry;
	const machine = machineOf(entry);
	return machine && container.status.state === 'running' && !machine.isOutOfSpace() ? [{name: container.name, machine}] : [];
});

/**
Corrects the clocks of running VMs. A guest's clock drifts from the host's and stops while the host sleeps: all clocks are set when the host's clock jumps, and each clock is read and corrected at intervals.

Returns a function that stops it.
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
		log(`the host's clock has jumped; setting the clocks of ${machines.length} VMs`);
		for (const {machine} of machines) {
			// A VM that ends meanwhile needs no clock.
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
