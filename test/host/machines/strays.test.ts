import {spawn} from 'node:child_process';
import {once} from 'node:events';
import process from 'node:process';
import test from 'ava';
import {ownerVariable} from '../../../source/host/machines/owner.js';
import {endStrays, ownedProcesses} from '../../../source/host/machines/strays.js';

const root = `/tmp/holm-strays-${process.pid}`;

const start = async (arguments_: readonly string[], owner?: string) => {
	const child = spawn('sh', ['-c', 'echo runs; sleep 600 & wait', ...arguments_], {env: {PATH: process.env.PATH, ...owner !== undefined && {[ownerVariable]: owner}}, stdio: ['ignore', 'pipe', 'ignore'], detached: true});
	await once(child.stdout, 'data');
	return child;
};

test('processes of an engine and their children are killed, and no others', async t => {
	const own = await start([], `${root}/machines/one`);
	const kept = await start([], `${root}/machines/two`);
	const neighbour = await start([], `${root}-other/machines/one`);
	const reader = await start([`${root}/machines/one/run/console`]);
	const others = [kept, neighbour, reader];
	t.teardown(() => {
		for (const {pid} of [own, ...others]) {
			try {
				process.kill(-pid!, 'SIGKILL');
			} catch {}
		}
	});
	const ended = once(own, 'exit');
	const found = await endStrays(root, async ({directory}) => directory.endsWith('two'));
	t.is(found.length, 2, 'the shell and its sleep');
	t.true(found.every(line => line.endsWith('of machines/one')));
	t.deepEqual(await ended, [null, 'SIGKILL']);
	t.deepEqual(others.map(({exitCode, signalCode}) => exitCode ?? signalCode), [null, null, null]);
	const left = await ownedProcesses(root);
	t.deepEqual([...new Set(left.map(({directory}) => directory))], [`${root}/machines/two`]);
});
