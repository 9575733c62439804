import type {Measurement} from '../measurement.js';
import {pressKeys} from './frames.js';
import {cpuSecondsOf} from './process-use.js';
import {dashboard, openPrograms} from './programs.js';

const presses = 60;
/** Presses in one direction; fewer than the rows on the screen. */
const turn = 10;

/** Alternates between `turn` presses down and as many up. */
export const walk = ([down, up]: readonly [string, string], count: number): readonly string[] =>
	Array.from({length: count}, (_, index) => Math.floor(index / turn) % 2 === 0 ? down : up);

export const measurement: Measurement = {
	name: 'keys',
	title: `From a key that moves the cursor to the last byte of its frame (${presses} keys; btop and lnav: to the last byte before 80 ms of silence)`,
	metrics: [{name: 'p50', unit: 'ms'}, {name: 'p95', unit: 'ms'}, {name: 'written', unit: 'bytes/key'}, {name: 'processor time, pauses between keys included', unit: 'ms/key'}],
	rounds: 3,
	async open(site) {
		const {peers, missing, start} = await openPrograms(site);
		return {
			subjects: [dashboard(), ...peers].map(program => ({
				name: program.name,
				async read() {
					await using started = await start(program);
					const {terminal} = started;
					await terminal.isQuiet(700);
					const before = await cpuSecondsOf(terminal.pid);
					const figures = await pressKeys(terminal, walk(program.keys, presses), program.answer);
					return [...figures, (await cpuSecondsOf(terminal.pid) - before) * 1000 / presses];
				},
			})),
			missing,
		};
	},
};
