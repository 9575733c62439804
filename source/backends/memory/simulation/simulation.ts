import {Buffer} from 'node:buffer';
import type {ContainerRecord, Simulation, State} from '../state.js';
import {createHolders, type Timers} from '../timers.js';
import {createRandom, seedOf, type Random} from '../random.js';
import {endRun} from '../runs.js';
import {logGeneratorOf, type Line, type LogGenerator} from './log-lines.js';

/** An action scheduled for a time. */
type Occasion = {at: number; readonly run: () => void; isCancelled: boolean};

/** Milliseconds. After a longer time without a look, only the last part is simulated. */
const longestSilence = 5 * 60_000;

/** Milliseconds between looks while there is a watcher. */
const shortestWait = 100;

type SimulationOptions = {readonly clock: () => number; readonly timers: Timers; readonly seed: number; readonly isLively: boolean};

export const createSimulation = ({clock, timers, seed, isLively}: SimulationOptions): Simulation => {
	const queue: Occasion[] = [];
	let moment: number | undefined;
	let held: Disposable | undefined;
	const watchers = createHolders({
		onFirst() {
			held = timers.hold();
			arm();
		},
		onNone() {
			cancelTimer?.();
			held?.[Symbol.dispose]();
		},
	});
	let cancelTimer: (() => void) | undefined;
	const now = () => moment ?? clock();

	const schedule = (at: number, run: () => void): Occasion => {
		const occasion = {at, run, isCancelled: false};
		// After those of the same time.
		const index = queue.findLastIndex(other => other.at <= at) + 1;
		queue.splice(index, 0, occasion);
		if (index === 0 && watchers.isHeld() && moment === undefined) {
			arm();
		}

		return occasion;
	};

	const at = (time: number, action: () => void) => {
		const before = moment;
		moment = time;
		try {
			action();
		} finally {
			moment = before;
		}
	};

	const settle = () => {
		if (moment !== undefined) {
			return;
		}

		const end = clock();
		const begin = end - longestSilence;
		for (const occasion of queue) {
			occasion.at = Math.max(occasion.at, begin);
		}

		while (queue[0] && queue[0].at <= end) {
			const occasion = queue.shift()!;
			if (!occasion.isCancelled) {
				at(occasion.at, occasion.run);
			}
		}
	};

	const arm = () => {
		cancelTimer?.();
		if (watchers.isHeld() && queue[0]) {
			cancelTimer = timers.after(Math.max(queue[0].at - clock(), shortestWait), () => {
				settle();
				arm();
			});
		}
	};

	const write = (record: ContainerRecord, lines: readonly Line[]) => {
		for (const {stream, text} of lines) {
			void record.output.write(stream, Buffer.from(text), now());
		}
	};

	/** Schedules the next lines, as long as this run of the container lasts. */
	const goOn = (record: ContainerRecord, generator: LogGenerator, random: Random) => {
		const {run} = record;
		schedule(now() + generator.pause(random), () => {
			if (record.run === run && run) {
				write(record, run.frozen ? [] : generator.speak(random, now()));
				goOn(record, generator, random);
			}
		});
	};

	return {
		now,
		later(milliseconds, action) {
			if (!isLively) {
				return timers.after(milliseconds, action);
			}

			const occasion = schedule(now() + milliseconds, action);
			return () => {
				occasion.isCancelled = true;
			};
		},
		settle,
		isLively,
		speaksFor: container => isLively && logGeneratorOf(container) !== undefined,
		watch: watchers.hold,
		started(state, record) {
			const generator = logGeneratorOf(record.container);
			if (!generator) {
				return;
			}

			const random = createRandom(seedOf(`${seed} ${record.container.name} ${record.exits}`));
			write(record, generator.greet(now()));
			goOn(record, generator, random);
			const {run} = record;
			const {failure} = generator;
			if (failure) {
				schedule(now() + failure.lifetime(random), () => {
					if (record.run === run && run && !run.frozen) {
						write(record, failure.lines(random, now()));
						endRun(state, record, 1);
					}
				});
			}
		},
		at,
	};
};
