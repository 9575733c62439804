import type {Measurement} from '../measurement.js';
import {useDuring, residentOf} from './process-use.js';
import {dashboard, openPrograms} from './programs.js';

/** Milliseconds until the work of the start is over. */
const settleMs = 4000;
const watchedMs = 10_000;

export const measurement: Measurement = {
	name: 'idle',
	title: 'Ten seconds without a key',
	metrics: [{name: 'processor time', unit: '% of one'}, {name: 'written', unit: 'bytes/s'}, {name: 'resident', unit: 'MiB'}],
	rounds: 3,
	async open(site) {
		const {peers, missing, start} = await openPrograms(site);
		return {
			subjects: [{...dashboard('--still'), name: 'holm, nothing changes'}, {...dashboard(), name: 'holm, statistics change'}, ...peers].map(program => ({
				name: program.name,
				async read() {
					await using started = await start(program);
					const {terminal} = started;
					await useDuring(terminal, settleMs);
					const use = await useDuring(terminal, watchedMs);
					const [resident] = await residentOf(terminal.pid);
					return [...use, resident];
				},
			})),
			missing,
		};
	},
};
