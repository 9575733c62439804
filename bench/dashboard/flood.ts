import {stripVTControlCharacters} from 'node:util';
import type {Measurement} from '../measurement.js';
import {pressKeys} from './frames.js';
import {walk} from './keys.js';
import {residentOf, useDuring} from './process-use.js';
import {dashboard, openPrograms, serveEngine} from './programs.js';

const rate = 20_000;
const presses = 60;
const watchedMs = 10_000;
/** Lines logged before the memory is read. */
const lines = 1_000_000;
const patience = lines / rate * 4 * 1000;

/** The number in the last visible line. */
const lastLine = /\b(?<line>\d{1,9}) the quick brown fox/gv;

export const measurement: Measurement = {
	name: 'flood',
	title: `While one container logs ${rate.toLocaleString('en')} lines a second`,
	metrics: [
		{name: 'processor time', unit: '% of one'}, {name: 'written', unit: 'bytes/s'}, {name: 'key to frame, p50', unit: 'ms'}, {name: 'key to frame, p95', unit: 'ms'},
		{name: 'resident after 1,000,000 lines', unit: 'MiB'}, {name: 'resident at most', unit: 'MiB'},
	],
	rounds: 1,
	async open(site) {
		const {start} = await openPrograms(site);
		const flood = ['--flood', String(rate)];
		const programs = [
			{...dashboard(...await serveEngine(site, ...flood)), name: 'holm, engine apart'},
			{...dashboard(...flood), name: 'holm, engine in the same process'},
		];
		return {
			subjects: programs.map(program => ({
				name: program.name,
				async read() {
					await using started = await start(program);
					const {terminal} = started;
					const lastNumber = () => {
						const text = stripVTControlCharacters(terminal.written.at(-1)!.bytes.toString());
						return Number(text.matchAll(lastLine).toArray().at(-1)?.groups!.line ?? 0);
					};

					await terminal.until(() => lastNumber() > 0 ? true : undefined);
					// Moving the cursor in the networks does not change the followed logs.
					await terminal.press('2');
					const use = await useDuring(terminal, watchedMs);
					const [p50, p95] = await pressKeys(terminal, walk(program.keys, presses), program.answer);
					const first = lastNumber();
					await terminal.until(() => lastNumber() > first + lines ? true : undefined, patience);
					return [...use, p50, p95, ...await residentOf(terminal.pid)];
				},
			})),
			missing: [],
		};
	},
};
