import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {daemonStatus} from '../../../../source/daemon/start.js';
import {ownedProcesses} from '../../../../source/host/machines/strays.js';
import {pathsOf} from '../../../../source/host/store/paths.js';
import {containerConfiguration, networkConfiguration} from '../../../dashboard/helpers/configurations.js';
import {createRandom} from '../../random.js';
import type {World} from '../world.js';

/** HOLM_KILL_ROUNDS sets how often the daemon is killed, HOLM_KILL_SEED selects another sequence. */
const rounds = Number(process.env.HOLM_KILL_ROUNDS || 5);
const random = createRandom(Number(process.env.HOLM_KILL_SEED || 1));
const daemonFile = fileURLToPath(new URL('../../../../source/daemon/main.js', import.meta.url));

/** The latest moment of a kill: requests are complete by then, unless the host is busy. */
const latestKillMs = 4000;

/** Limits on open files at which an engine cannot open, opens and then fails, and works. */
const limits = [22, 26, 30, 34, 40, 48, 64];

const token = 'nobody may lose this\n';

/** A daemon that is killed, or that runs out of file descriptors. */
export const killsTests = (world: World): void => {
	const killDaemon = async () => {
		const {daemonPid} = pathsOf(world.root);
		const {pid} = JSON.parse(await readFile(daemonPid, 'utf8')) as {readonly pid: number};
		process.kill(pid, 'SIGKILL');
		await world.until(async () => world.run(['system', 'status']), ({status}) => status !== 0);
	};

	const tokenFile = () => path.join(pathsOf(world.root).volume('kept'), '_data/token');

	const containerWith = (name: string) => ({
		...containerConfiguration({image: 'box', command: ['sleep', '600'], mounts: [{type: 'volume', source: 'kept', target: '/kept', readOnly: false}]}), name,
	});

	/** Requests that may be in progress when the daemon dies. */
	const activitiesOf = (round: number): Readonly<Record<string, () => Promise<unknown>>> => {
		const {engine} = world;
		return {
			async create() {
				const {id} = await engine.createContainer(containerWith(`made-${round}`));
				await engine.startContainer(id);
			},
			start: async () => engine.startContainer('keeper'),
			remove: async () => engine.removeContainer('going', {force: true, volumes: true}),
			// A stopped container's files are read through a helper machine.
			look: async () => engine.pathStatus('resting', '/kept'),
			async network() {
				const {id} = await engine.createNetwork(networkConfiguration(`net-${round}`));
				await engine.removeNetwork(id);
			},
			async volume() {
				await engine.createVolume({name: `volume-${round}`});
				await engine.removeVolume(`volume-${round}`);
			},
			async importing() {
				await world.run(['import', '--message', String(round), path.join(world.directory, 'box.tar')]);
			},
		};
	};

	world.longTest('an engine without descriptors to spare loses nothing', async t => {
		t.timeout(300_000);
		const {engine} = world;
		await engine.createContainer(containerWith('poor'));
		await writeFile(tokenFile(), token);
		await engine.startContainer('poor');
		const before = await engine.container('poor');
		for (const limit of limits) {
			await world.holm('system', 'stop');
			const daemon = world.start('prlimit', [`--nofile=${limit}`, 'flock', '--nonblock', '--no-fork', path.join(world.root, 'daemon.lock'), process.execPath, daemonFile, world.root]);
			let isEnded = false;
			void daemon.ended.then(() => {
				isEnded = true;
			});
			await world.until(async () => isEnded || (await daemonStatus({root: world.root})).running, Boolean, 60_000);
			if (!isEnded) {
				// They may fail; only the state afterwards counts.
				await Promise.allSettled([
					engine.createContainer(containerWith(`poor-${limit}`)),
					engine.pruneImages({all: true}),
					...Array.from({length: 20}, async () => engine.container('poor')),
				]);
			}

			daemon.kill('SIGTERM');
			const {stdout} = await daemon.ended;
			t.false(stdout.includes('unhandled: '), String(limit));
		}

		await world.holm('system', 'start');
		t.is((await engine.container('poor')).status.state, 'running');
		t.deepEqual((await engine.container('poor')).status, before.status, 'the same process of the same machine');
		t.is(await readFile(tokenFile(), 'utf8'), token);
		for (const {name, status} of await engine.containers({all: true})) {
			if (status.state !== 'running') {
				await engine.startContainer(name);
			}

			await engine.removeContainer(name, {force: true});
		}

		t.deepEqual((await world.traces()).machines, []);
	});

	world.longTest(`a daemon that is killed ${rounds} times in the middle of everything loses nothing and leaves nothing`, async t => {
		t.timeout(180_000 + rounds * 60_000);
		const {engine} = world;
		const {containers: containersDirectory, root} = pathsOf(world.root);
		for (const name of ['keeper', 'resting', 'going']) {
			await engine.createContainer(containerWith(name));
		}

		await writeFile(tokenFile(), token);
		await engine.startContainer('going');
		for (let round = 0; round < rounds; round++) {
			const activities = activitiesOf(round);
			const names = Object.keys(activities).filter(() => random.next() < 0.6);
			const killMs = random.below(latestKillMs);
			const about = `round ${round}: ${names.join(', ')} for ${killMs} ms`;
			const work = Promise.allSettled(names.map(async name => activities[name]!()));
			await delay(killMs);
			await killDaemon();
			await work;

			await world.holm('system', 'start');
			const containers = await engine.containers({all: true});
			const running = containers.filter(({status}) => status.state === 'running').map(({id}) => pathsOf(world.root).container(id).machine);
			t.true(containers.every(({status}) => ['created', 'running', 'exited'].includes(status.state)), about);
			const owned = await ownedProcesses(root);
			t.deepEqual(owned.filter(({directory}) => !running.includes(directory)), [], about);
			const traces = await world.traces();
			t.deepEqual(traces.machines, running.map(directory => path.basename(directory)).toSorted(), about);
			t.deepEqual([traces.mounts, traces.builds, traces.scratch], [[], [], []], about);
			t.deepEqual(traces.containers, containers.map(({id}) => id).toSorted(), `${about}: ${containersDirectory}`);
			t.deepEqual(['keeper', 'resting'].filter(name => containers.every(container => container.name !== name)), [], about);
			for (const {id, name} of containers) {
				if (running.includes(pathsOf(world.root).container(id).machine)) {
					continue;
				}

				await t.notThrowsAsync(async () => engine.startContainer(id), `${about}: ${name} starts again`);
			}

			t.is(await readFile(tokenFile(), 'utf8'), token, about);
			for (const {name} of containers.filter(container => container.name.startsWith('made-') || container.name === 'going')) {
				await engine.removeContainer(name, {force: true});
			}

			for (const {name} of await engine.networks()) {
				if (name !== 'bridge') {
					await engine.removeNetwork(name);
				}
			}

			await engine.stopContainer('resting', {timeoutSeconds: 0});
			// The others end with everything.
			t.is(await world.holm('system', 'stop', '--all', '--force'), 'The engine and its containers are stopped.', about);
			t.deepEqual(await world.remains(), [], about);
			await world.holm('system', 'start');
			await engine.createContainer(containerWith('going'));
			await engine.startContainer('going');
		}

		for (const name of ['keeper', 'resting', 'going']) {
			await engine.removeContainer(name, {force: true});
		}

		await engine.removeVolume('kept');
	});
};
