import {readFile} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Measurement} from './measurement.js';
import type {BenchEngine} from './bench-engine.js';

/** Milliseconds until a VM is idle after the start of its container. */
const settleMs = 5000;

/** Memory of a VM's QEMU in MiB: RSS, PSS and USS, the sums of proc(5)'s smaps. */
const memoryOf = async (pid: number): Promise<readonly number[]> => {
	const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
	const mebibytes = (field: string) => Number(new RegExp(String.raw`^${field}:\s+(\d+) kB$`, 'mv').exec(rollup)?.[1]) / 1024;
	return [mebibytes('Rss'), mebibytes('Pss'), mebibytes('Private_Clean') + mebibytes('Private_Dirty')];
};

/** The mean over idle VMs that run side by side. */
const meanOf = async ({holm, start, remove}: BenchEngine, count: number): Promise<readonly number[]> => {
	const ids: string[] = [];
	try {
		for (let index = 0; index < count; index++) {
			ids.push(await start());
		}

		await sleep(settleMs);
		const {stdout} = await holm('inspect', '--format', '{{.State.Pid}}', ...ids);
		const readings = await Promise.all(stdout.trim().split('\n').map(async pid => memoryOf(Number(pid))));
		return readings[0]!.map((_, metric) => readings.reduce((sum, reading) => sum + reading[metric]!, 0) / readings.length);
	} finally {
		await remove(ids);
	}
};

export const measurement: Measurement = {
	name: 'memory',
	title: 'Memory of an idle machine of 512 MiB',
	metrics: [{name: 'resident', unit: 'MiB'}, {name: 'proportional', unit: 'MiB'}, {name: 'private', unit: 'MiB'}],
	rounds: 3,
	async open(site) {
		const engine = await site.engine();
		return {
			subjects: [
				{name: 'the only one', read: async () => meanOf(engine, 1)},
				{name: 'one of ten', read: async () => meanOf(engine, 10)},
			],
			missing: [],
		};
	},
};
