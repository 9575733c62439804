import {readFile, writeFile} from 'node:fs/promises';
import {pathsOf} from '../../../../source/host/store/paths.js';
import type {World} from '../world.js';

/** Systemd as the daemon sees it while the host shuts down, in a separate mount namespace. */
const whileStopping = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', `set -eu
mount -t tmpfs holm /run/systemd
mkdir /run/systemd/system
mount -t tmpfs holm /usr/local/sbin
printf '#!/bin/sh\\necho stopping; exit 1\\n' >/usr/local/sbin/systemctl
printf '#!/bin/sh\\nexit 1\\n' >/usr/local/sbin/systemd-run
chmod 755 /usr/local/sbin/systemctl /usr/local/sbin/systemd-run
exec "$@"`, 'sh'];

const untilTold = 'trap "echo told; exit 3" TERM; echo up; while :; do sleep 1 & wait $!; done';

/** Shutdowns and boots of the host. */
export const bootTests = (world: World): void => {
	const states = async () => {
		const containers = await world.engine.containers({all: true});
		return Object.fromEntries(containers.map(({name, status}) => [name, status.state]));
	};

	const run = async (name: string, policy: string) => {
		await world.holm('run', '-d', '--name', name, '--restart', policy, 'box', 'sh', '-c', untilTold);
		await world.written(name, /up/v);
	};

	world.test('system stop --all stops each container, and the next engine starts them as their restart policies say', async t => {
		await Promise.all([run('back', 'unless-stopped'), run('once', 'no')]);
		t.regex((await world.run(['system', 'stop', '--force'])).stderr, /without --all they go on running/v);
		t.is(await world.holm('system', 'stop', '--all'), 'The engine and its containers are stopped.');
		t.false((await world.traces()).processes.some(line => line.startsWith('qemu')));
		t.is(await world.holm('system', 'stop', '--all'), 'The engine and its containers are stopped.');
		const log = await readFile(pathsOf(world.root).daemonLog, 'utf8');
		t.false(log.includes('could not be'), log);
		await world.holm('system', 'start');
		await world.until(states, ({back}) => back === 'running');
		t.like((await world.engine.container('once')).status, {state: 'exited', exitCode: 3});
		for (const [name, lines] of [['back', /^up\ntold(?:\nup)?$/v], ['once', /^up\ntold$/v]] as const) {
			t.regex(await world.holm('logs', name), lines);
		}

		await world.holm('system', 'stop', '--all', '--force');
		await world.holm('system', 'start');
		await world.until(states, ({back}) => back === 'running');
		await world.remove('back', 'once');
	});

	world.test('containers are stopped when the host shuts down, and started after its boot as their restart policies say', async t => {
		for (const [name, policy] of [['ended', 'always'], ['rested', 'unless-stopped']] as const) {
			await run(name, policy);
			await world.holm('stop', name);
		}

		await Promise.all([run('back', 'unless-stopped'), run('once', 'no')]);
		await world.holm('system', 'stop');
		const started = await world.run(['system', 'start'], {through: whileStopping});
		t.is(started.status, 0, started.stderr);
		await world.holm('system', 'stop');
		t.false((await world.traces()).processes.some(line => line.startsWith('qemu')));

		await world.holm('system', 'start');
		for (const name of ['back', 'once']) {
			t.regex(await world.holm('logs', name), /^up\ntold\n?/v);
		}

		// The user did not stop it.
		await world.until(states, ({back}) => back === 'running');
		t.like(await states(), {ended: 'exited', rested: 'exited', once: 'exited'}, 'a start of the engine is not a boot');
		t.like((await world.engine.container('once')).status, {exitCode: 3});

		await world.holm('system', 'stop');
		await writeFile(pathsOf(world.root).boot, 'another boot\n');
		await world.holm('system', 'start');
		await world.until(states, ({ended}) => ended === 'running');
		t.like(await states(), {back: 'running', rested: 'exited', once: 'exited'});
		await world.remove('ended', 'rested', 'back', 'once');
	});
};
