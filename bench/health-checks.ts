import {readFile} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import type {BenchEngine} from './bench-engine.js';
import type {Measurement} from './measurement.js';

const containers = 10;
const checksPerSecond = 50;
const secondsPerReading = 15;
const settleMs = 5000;

const checkFlags = [
	'--health-cmd', 'echo >> /checks',
	'--health-interval', `${1000 * containers / checksPerSecond}ms`,
	'--health-timeout', '30s',
];

/** Ticks of proc(5)'s stat in which the processors did something, and all ticks of one processor. */
const readTicks = async () => {
	const lines = (await readFile('/proc/stat', 'utf8')).split('\n');
	const ticks = lines[0]!.trim().split(/\s+/v).slice(1, 9).map(Number);
	const [, , , idle = 0, waiting = 0] = ticks;
	const all = ticks.reduce((sum, value) => sum + value, 0);
	const processors = lines.filter(line => /^cpu\d/v.test(line)).length;
	return {busy: all - idle - waiting, perProcessor: all / processors};
};

const checksIn = async ({holm}: BenchEngine, ids: readonly string[]): Promise<number> => {
	const answers = await Promise.all(ids.map(async id => holm('exec', id, 'sh', '-c', 'cat /checks 2>/dev/null || true')));
	return answers.reduce((sum, {stdout}) => sum + stdout.length, 0);
};

/** Percent of a processor that the whole host uses, and checks in a second, with idle containers that have these flags. */
const useWith = async (engine: BenchEngine, flags: readonly string[]): Promise<readonly number[]> => {
	const ids: string[] = [];
	try {
		for (let index = 0; index < containers; index++) {
			ids.push(await engine.start(...flags));
		}

		await sleep(settleMs);
		const [checksBefore, startedAt] = [await checksIn(engine, ids), performance.now()];
		const before = await readTicks();
		await sleep(secondsPerReading * 1000);
		const after = await readTicks();
		const seconds = (performance.now() - startedAt) / 1000;
		const checks = await checksIn(engine, ids) - checksBefore;
		return [100 * (after.busy - before.busy) / (after.perProcessor - before.perProcessor), checks / seconds];
	} finally {
		await engine.remove(ids);
	}
};

export const measurement: Measurement = {
	name: 'health-checks',
	title: `${containers} idle containers with ${checksPerSecond} health checks a second asked for`,
	metrics: [{name: 'one processor', unit: '%'}, {name: 'checks', unit: '1/s'}],
	rounds: 3,
	async open(site) {
		const engine = await site.engine();
		return {
			subjects: [
				{name: 'without checks', read: async () => useWith(engine, [])},
				{name: 'with checks', read: async () => useWith(engine, checkFlags)},
			],
			missing: [],
		};
	},
};
