import {mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {pathsOf} from '../../../../source/host/store/paths.js';
import {get} from '../fetch.js';
import type {World} from '../world.js';

const count = 'i=0; while :; do echo $i; i=$((i + 1)); usleep 50000; done';

/** Killing the daemon. */
export const killingTests = (world: World): void => {
	const daemonPid = async () => {
		const {pid} = JSON.parse(await readFile(pathsOf(world.root).daemonPid, 'utf8')) as {readonly pid: number};
		return pid;
	};

	const killDaemon = async () => {
		const pid = await daemonPid();
		process.kill(pid, 'SIGKILL');
		await world.until(async () => (await world.traces()).processes, processes => !processes.includes(`node ${pid}`));
		return pid;
	};

	const numbers = async (name: string) => (await world.holm('logs', name)).split('\n').map(Number);

	world.test('killed while containers write: they keep running, no line is lost or duplicated, and every verb works again', async t => {
		await mkdir(path.join(world.directory, 'shared'), {recursive: true});
		await writeFile(path.join(world.directory, 'shared/index.html'), 'a shared page\n');
		await world.holm('network', 'create', 'net');
		await world.holm('run', '-d', '--name', 'counter', '--network', 'net', 'box', 'sh', '-c', count);
		await world.holm('run', '-d', '--name', 'web', '--network', 'net', '-p', '127.0.0.1::80', '-v', `${world.directory}/shared:/www:ro`, 'box', 'httpd', '-f', '-h', '/www');
		await world.holm('run', '-d', '-i', '--name', 'reader', 'box', 'sh', '-c', 'while read line; do echo "got $line"; done');
		const short = await world.holm('run', '-d', '--name', 'short', 'box', 'sh', '-c', 'sleep 5; echo leaving; exit 21');
		await world.holm('run', '-d', '--name', 'again', '--restart', 'always', 'box', 'sh', '-c', 'echo run; sleep 5; exit 1');
		const before = await world.engine.container('counter');
		const port = (await world.holm('port', 'web', '80')).split('\n')[0]!;
		t.is(await get(`http://${port}/index.html`), 'a shared page\n');
		const following = world.launch(['logs', '-f', 'counter']);
		await following.shows(/\n30\n/v);

		const killed = await killDaemon();
		t.not((await following.ended).status, 0, 'a client sees the end of the daemon');
		t.is(await get(`http://${port}/index.html`), 'a shared page\n', 'published ports do not depend on it');
		await world.until(async () => readFile(pathsOf(world.root).container(short).log, 'utf8'), log => log.includes('leaving'));

		const after = await world.engine.container('counter').catch(async () => {
			await world.holm('ps');
			return world.engine.container('counter');
		});
		t.not(await daemonPid(), killed);
		t.deepEqual(after.status, before.status, 'the same process of the same machine');
		const past = await Array.fromAsync(world.engine.events({since: 0, until: Date.now(), filters: {container: [before.id], type: ['container']}}));
		t.deepEqual(past.map(({action}) => action), ['create', 'start'], 'events of the daemon before');
		const seen = await numbers('counter');
		t.deepEqual(seen, seen.map((_, index) => index));
		await world.written('counter', new RegExp(`\n${seen.length}\n`, 'v'));

		t.is(await world.holm('exec', 'counter', 'cat', '/proc/1/comm'), 'sh');
		t.is(await world.holm('exec', 'counter', 'wget', '-q', '-O', '-', 'http://web/index.html'), 'a shared page');
		t.is(await get(`http://${port}/index.html`), 'a shared page\n');
		const attached = world.launch(['attach', 'reader'], {open: true});
		await world.until(() => {
			attached.write('word\n');
			return attached.stdout();
		}, text => text.includes('got word'));
		attached.end();
		await attached.ended;

		// It ended while no daemon ran.
		t.like(await world.until(async () => (await world.engine.container('short')).status, ({state}) => state === 'exited'), {exitCode: 21});
		await world.written('again', /run\s+run/v);

		await world.holm('network', 'create', 'second');
		await world.holm('network', 'connect', 'second', 'counter');
		t.regex(await world.holm('exec', 'counter', 'ip', '-o', 'address'), /eth1/v);
		const next = world.launch(['logs', '-f', '--tail', '0', 'counter']);
		await next.shows(/\d/v);
		await world.holm('stop', '-t', '1', 'counter');
		t.is((await next.ended).status, 0);
		const {cause} = (await world.engine.container('counter')).lastExit!;
		t.like(cause, {kind: 'request', verb: 'stop', signal: 15});
		t.regex(cause.kind === 'request' ? cause.by ?? '' : '', /^holm \(user /v);
		const all = await numbers('counter');
		t.deepEqual(all, all.map((_, index) => index));
		await world.remove('counter', 'web', 'reader', 'short', 'again');
		await world.holm('network', 'rm', 'net', 'second');
		const {containers, machines, mounts} = await world.traces();
		t.deepEqual({containers, machines, mounts}, {containers: [], machines: [], mounts: []});
	});

	world.test('killed during requests: the next daemon cleans up', async t => {
		const clean = await world.traces();
		const commands = [['run', '-d', '--name', 'one', '-v', 'vol:/vol', '-p', '80', 'box', 'sleep', '600'], ['create', '--name', 'two', 'box'], ['network', 'create', 'three']].map(command => world.launch(command));
		await Promise.race([
			world.until(async () => world.traces(), ({machines}) => machines.length > 0),
			...commands.map(async ({ended}) => {
				const {status, stderr} = await ended;
				return status === 0 ? new Promise<never>(() => {}) : Promise.reject(new Error(`it failed before there was a machine: ${stderr}`));
			}),
		]);
		await killDaemon();
		await Promise.all(commands.map(async ({ended}) => ended));
		await world.holm('ps');
		const containers = await world.engine.containers({all: true});
		// Records are complete, and their containers can be removed.
		for (const {name, status} of containers) {
			t.true(['created', 'running', 'exited'].includes(status.state), name);
			await world.remove(name);
		}

		for (const {name} of await world.engine.networks()) {
			if (name !== 'bridge') {
				await world.holm('network', 'rm', name);
			}
		}

		for (const {name} of await world.engine.volumes()) {
			await world.holm('volume', 'rm', name);
		}

		const left = await world.traces();
		t.deepEqual({...left, processes: left.processes.length}, {...clean, processes: clean.processes.length});
	});
};
