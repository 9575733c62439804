import {Buffer} from 'node:buffer';
import type {ContainerRecord, Simulation, State} from '../state.js';
import type {Timers} from '../timers.js';
import {createRandom, seedOf, type Random} from '../random.js';
import {endRun} from '../end-container.js';
import {voiceOf} from './log-generators.js';
import type {Voice} from './log-lines.js';

/** What is to happen at a moment. */
type Occasion = {at: number; readonly run: () => void; isTakenBack: boolean};

/** Of a long time in which nobody looked, only so much of the end is made up. */
const longestSilence = 5 * 60_000;

/** Milliseconds between looks while somebody watches. */
const shortestWait = 100;

export const createSimulation = ({clock, timers, seed}: {readonly clock: () => number; readonly timers: Timers; readonly seed: number}): Simulation => {
	const queue: Occasion[] = [];
	let moment: number | undefined;
	let watchers = 0;
	let cancelTimer: (() => void) | undefined;
	const now = () => moment ?? clock();

	const schedule = (at: number, run: () => void): Occasion => {
		const occasion = {at, run, isTakenBack: false};
		// Behind those of the same moment, which were there first.
		let [index, end] = [0, queue.length];
		while (index < end) {
			const middle = (index + end) >>> 1;
			if (queue[middle]!.at <= at) {
				index = middle + 1;
			} else {
				end = middle;
			}
		}

		queue.splice(index, 0, occasion);
		if (index === 0 && watchers > 0 && moment === undefined) {
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
			if (!occasion.isTakenBack) {
				at(occasion.at, occasion.run);
			}
		}
	};

	const arm = () => {
		cancelTimer?.();
		cancelTimer = undefined;
		if (watchers > 0 && queue[0]) {
			cancelTimer = timers.after(Math.max(queue[0].at - clock(), shortestWait), () => {
				settle();
				arm();
			});
		}
	};

	const speak = (record: ContainerRecord, stream: 'stdout' | 'stderr', text: string) => {
		void record.output.write(stream, Buffer.from(text), now());
	};

	/** One line after another, as long as this run of the container lasts. */
	const goOn = (state: State, record: ContainerRecord, voice: Voice, random: Random) => {
		const {run} = record;
		schedule(now() + voice.pause(random), () => {
			if (record.run !== run || !run) {
				return;
			}

			if (!run.frozen) {
				for (const {stream, text} of voice.speak(random, now())) {
					speak(record, stream, text);
				}
			}

			goOn(state, record, voice, random);
		});
	};

	return {
		now,
		later(milliseconds, action) {
			const occasion = schedule(now() + milliseconds, action);
			return () => {
				occasion.isTakenBack = true;
			};
		},
		settle,
		speaksFor: container => voiceOf(container) !== undefined,
		watch() {
			const release = timers.hold();
			let isHeld = true;
			watchers++;
			if (watchers === 1) {
				arm();
			}

			return () => {
				if (isHeld) {
					isHeld = false;
					watchers--;
					release();
					if (watchers === 0) {
						cancelTimer?.();
						cancelTimer = undefined;
					}
				}
			};
		},
		started(state, record) {
			const voice = voiceOf(record.container);
			if (!voice) {
				return;
			}

			const random = createRandom(seedOf(`${seed} ${record.container.name} ${record.exits}`));
			for (const {stream, text} of voice.greet(random, now())) {
				speak(record, stream, text);
			}

			goOn(state, record, voice, random);
			const {run} = record;
			const lifetime = voice.lifetime?.(random);
			if (lifetime !== undefined) {
				schedule(now() + lifetime, () => {
					if (record.run === run && run && !run.frozen) {
						for (const {stream, text} of voice.fail?.(random, now()) ?? []) {
							speak(record, stream, text);
						}

						endRun(state, record, 1);
					}
				});
			}
		},
		at,
	};
};
