import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {engineEnvironment, programPath} from '../../source/host/environment.js';
import {withLock} from '../../source/host/lock.js';
import {spawnDetached} from '../../source/host/machines/process.js';
import {run} from '../../source/host/run.js';
import {openWorker} from '../../source/host/workers/worker.js';
import {setTraps} from './engine/traps.js';
import type {Errand} from './workers/errand.js';

test('proxies, certificates and the locale pass, and nothing else', t => {
	t.deepEqual(engineEnvironment({
		HTTPS_PROXY: 'http://proxy', no_proxy: 'localhost', SSL_CERT_FILE: '/certificates', LANG: 'de_DE.UTF-8', LC_TIME: 'C',
		HOME: '/home/user', LD_PRELOAD: '/home/user/x.so', NODE_OPTIONS: '--require=/home/user/x.js', PATH: '/home/user/bin', PYTHONPATH: '/home/user', unset: undefined, LC_: 'x',
	}), {
		HTTPS_PROXY: 'http://proxy', no_proxy: 'localhost', SSL_CERT_FILE: '/certificates', LANG: 'de_DE.UTF-8', LC_TIME: 'C', PATH: programPath,
	});
});

test.serial('programs are those of the host, whatever the PATH of the process', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-path-'));
	const traps = await setTraps(directory);
	const {PATH} = process.env;
	t.teardown(async () => {
		process.env.PATH = PATH;
		await rm(directory, {recursive: true, force: true});
	});
	process.env.PATH = `${traps.directory}:${PATH}`;
	process.env.HOLM_TEST_SECRET = 'leaked';
	t.teardown(() => {
		delete process.env.HOLM_TEST_SECRET;
	});

	const {stdout} = await run('cat', ['/proc/self/environ']);
	t.true(stdout.includes(`PATH=${programPath}`));
	t.false(stdout.includes('leaked'));
	t.is(await withLock(path.join(directory, 'lock'), async () => 'held'), 'held');
	const worker = await openWorker<Errand, unknown>({directory: path.join(directory, 'w'), name: 'errands', module: new URL('workers/obedient.js', import.meta.url)});
	t.deepEqual(await worker.call({do: 'environment'}), ['PATH']);
	await worker.close();
	const output = path.join(directory, 'output');
	const isRoot = process.getuid?.() === 0;
	const {exited} = isRoot ? await spawnDetached('/bin/cat', ['/proc/self/environ'], {uid: 0, gid: 0, output, owner: directory, network: '/proc/self/ns/net'}) : {exited: undefined};
	t.is((await exited)?.exitCode, isRoot ? 0 : undefined);
	t.false((isRoot ? await readFile(output, 'utf8') : '').includes('leaked'));
	t.deepEqual(await traps.sprung(), []);
});
