import {readdir, readFile} from 'node:fs/promises';
import process from 'node:process';
import {pathsOf} from '../../../source/host/store/paths.js';
import {containerConfiguration} from '../../dashboard/helpers/configurations.js';
import {openWorld} from './world.js';

/** HOLM_SOAK_ROUNDS sets how often a container lives and dies. */
const rounds = Number(process.env['HOLM_SOAK_ROUNDS'] || 10);
const world = openWorld();

/** What the daemon itself holds: open files by what they are, and the number of its threads. */
const heldBy = async (pid: number) => {
	const [descriptors, status] = await Promise.all([readdir(`/proc/${pid}/fd`), readFile(`/proc/${pid}/status`, 'utf8')]);
	const field = (name: string) => Number(new RegExp(String.raw`^${name}:\s+(\d+)`, 'mv').exec(status)![1]);
	return {descriptors: descriptors.length, threads: field('Threads'), residentKilobytes: field('VmRSS')};
};

world.test(`${rounds} containers that are created, started, entered, stopped and removed leave nothing`, async t => {
	t.timeout(60_000 + rounds * 10_000);
	const {engine} = world;
	const live = async (index: number) => {
		const {id} = await engine.createContainer({...containerConfiguration({image: 'box', command: index % 5 === 4 ? ['/not-executable'] : ['sleep', '600']}), name: `soak-${index}`});
		try {
			await engine.startContainer(id);
			const {status, stdout} = await world.run(['exec', id, 'echo', 'here']);
			t.deepEqual({status, stdout}, {status: 0, stdout: 'here\n'});
			await engine.stopContainer(id, {timeoutSeconds: 0});
		} catch (error) {
			t.is(index % 5, 4, String(error));
		}

		await engine.removeContainer(id, {force: true, volumes: true});
	};

	// The first ones bring what stays: the image's disk, workers, a pool of connections.
	await live(0);
	await live(4);
	const {pid} = JSON.parse(await readFile(pathsOf(world.root).daemonPid, 'utf8')) as {readonly pid: number};
	const settled = async () => world.until(async () => heldBy(pid), ({descriptors}) => descriptors <= before.descriptors);
	const traces = await world.traces();
	const before = await heldBy(pid);
	for (let index = 5; index < 5 + rounds; index++) {
		await live(index);
	}

	const after = await settled();
	t.log(before, after);
	t.true(after.threads <= before.threads);
	t.deepEqual(await world.traces(), traces);
});
