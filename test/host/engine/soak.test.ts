import {readdir, readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {daemonStatus} from '../../../source/daemon/start.js';
import {pathsOf} from '../../../source/host/store/paths.js';
import {containerConfiguration} from '../../dashboard/helpers/configurations.js';
import {openWorld} from './world.js';

/** HOLM_SOAK_ROUNDS sets the number of containers. */
const rounds = Number(process.env.HOLM_SOAK_ROUNDS || 10);
const world = openWorld();
const daemon = fileURLToPath(new URL('../../../source/daemon/main.js', import.meta.url));

/** Resources of the daemon: open files, threads, timers and processes. */
const heldBy = async (pid: number) => {
	const file = path.join(world.directory, String(pid));
	await rm(file, {force: true});
	process.kill(pid, 'SIGWINCH');
	const counts = await world.until(async () => readFile(file, 'utf8').catch(() => ''), text => text !== '');
	const {Timeout: timers = 0, PROCESSWRAP: processes = 0} = JSON.parse(counts) as Readonly<Record<string, number>>;
	const [descriptors, status] = await Promise.all([readdir(`/proc/${pid}/fd`), readFile(`/proc/${pid}/status`, 'utf8')]);
	const field = (name: string) => Number(new RegExp(String.raw`^${name}:\s+(\d+)`, 'mv').exec(status)![1]);
	return {
		descriptors: descriptors.length, threads: field('Threads'), timers, processes, residentKilobytes: field('VmRSS'),
	};
};

const test = process.env.HOLM_SOAK_ROUNDS ? world.test : world.longTest;

test(`creating, starting, entering, stopping and removing ${rounds} containers leaks nothing`, async t => {
	const limitMs = 60_000 + rounds * 10_000;
	t.timeout(limitMs);
	const {engine} = world;
	await world.holm('system', 'stop');
	const counter = new URL('count-resources.js', import.meta.url);
	// A daemon started by a command does not inherit its environment.
	world.start('flock', ['--nonblock', '--no-fork', path.join(world.root, 'daemon.lock'), process.execPath, `--import=${counter.href}`, daemon, world.root], {
		environment: {HOLM_TEST_COUNTS: world.directory}, limitMs,
	});
	await world.until(async () => daemonStatus({root: world.root}), ({running}) => running);
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

	// The first containers create what stays: the image's disk, workers, a connection pool.
	await live(0);
	await live(4);
	const {pid} = JSON.parse(await readFile(pathsOf(world.root).daemonPid, 'utf8')) as {readonly pid: number};
	const traces = await world.traces();
	const before = await heldBy(pid);
	for (let index = 5; index < 5 + rounds; index++) {
		await live(index);
	}

	// A timer that only limits a wait runs out within half a minute.
	const kinds = ['descriptors', 'timers', 'processes'] as const;
	const after = await world.until(async () => heldBy(pid), held => kinds.every(kind => held[kind] <= before[kind]), 60_000);
	t.log(before, after);
	t.true(after.threads <= before.threads);
	t.deepEqual(await world.traces(), traces);
});
