import {
	mkdtemp,
	readFile,
	rm,
	stat,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {commandAs, spawnDetached, type DetachedOptions} from '../../../source/host/machines/process.js';
import {makeNamespace, testInNamespaces} from '../bridges/laboratory.js';

test('a program gets its identity from setpriv, and nsenter only where there is a namespace to enter', t => {
	t.deepEqual(commandAs('qemu', ['-m', '1'], {uid: 7, gid: 8}), ['setpriv', '--reuid', '7', '--regid', '8', '--clear-groups', '--', 'qemu', '-m', '1']);
	t.deepEqual(commandAs('qemu', [], {uid: 7, gid: 8, groups: [9, 10]}), ['setpriv', '--reuid', '7', '--regid', '8', '--groups', '9,10', '--', 'qemu']);
	t.deepEqual(commandAs('qemu', [], {uid: 7, gid: 8, network: '/run/netns/x'}), ['nsenter', '--net=/run/netns/x', '--', 'setpriv', '--reuid', '7', '--regid', '8', '--clear-groups', '--', 'qemu']);
});

testInNamespaces('a detached program has the given user, groups and network, and no rights of root', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-process-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	const network = await makeNamespace(t, 'p');
	const started = async (options: Omit<DetachedOptions, 'output' | 'uid' | 'gid' | 'owner'>) => {
		const output = path.join(directory, 'output');
		await rm(output, {force: true});
		const {exited} = await spawnDetached('sh', ['-c', 'id -u; id -g; id -G; grep CapEff /proc/self/status; stat -Lc %i /proc/self/ns/net'], {uid: 4_000_001, gid: 4_000_002, output, owner: directory, ...options});
		t.deepEqual(await exited, {exitCode: 0, signal: undefined});
		const text = await readFile(output, 'utf8');
		return text.trim().split('\n');
	};

	const [here, there] = await Promise.all(['/proc/self/ns/net', network].map(async file => stat(file)));
	const identity = ['4000001', '4000002'];
	const powerless = 'CapEff:\t0000000000000000';
	t.deepEqual(await started({}), [...identity, '4000002', powerless, String(here!.ino)]);
	t.deepEqual(await started({groups: [4_000_003]}), [...identity, '4000002 4000003', powerless, String(here!.ino)]);
	t.deepEqual(await started({network}), [...identity, '4000002', powerless, String(there!.ino)]);
	const alone = await started({network: 'none'});
	t.deepEqual(alone.slice(0, -1), [...identity, '4000002', powerless]);
	t.false([here, there].some(other => String(other!.ino) === alone.at(-1)));
});
