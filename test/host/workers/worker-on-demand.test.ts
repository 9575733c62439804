import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {openWorkerOnDemand} from '../../../source/host/workers/worker-on-demand.js';
import {type Errand} from './errand.js';

const makeDirectory = async (t: ExecutionContext) => {
	const parent = await mkdtemp(path.join(tmpdir(), 'holm-demand-'));
	t.teardown(async () => rm(parent, {recursive: true, force: true}));
	return path.join(parent, 'w');
};

const open = async (t: ExecutionContext, directory: string) => {
	const worker = await openWorkerOnDemand<Errand, unknown>({directory, name: 'errands', module: new URL('obedient.js', import.meta.url)});
	t.teardown(worker.close);
	return worker;
};

test('a worker on demand starts once, at its first use', async t => {
	const directory = await makeDirectory(t);
	const worker = await open(t, directory);
	t.false(worker.isStarted());
	await t.throwsAsync(readdir(directory), {code: 'ENOENT'}, 'nothing was started');
	const [one, other] = await Promise.all([worker.start(), worker.start()]);
	t.is(one, other);
	t.true(worker.isStarted());
	t.is(await one.call({do: 'remember', word: 'a'}), 1);
	t.is(await one.call({do: 'remember', word: 'b'}), 2);
});

test('a running worker is found, and closed though it was not used', async t => {
	const directory = await makeDirectory(t);
	const before = await open(t, directory);
	const {pid} = await before.start();
	const found = await open(t, directory);
	t.true(found.isStarted());
	t.is((await found.start()).pid, pid);
	await found.close();
	await before.close();
	t.false((await readdir(directory)).includes('errands.sock'));
	t.false((await open(t, directory)).isStarted());
});

test('closing what never ran starts nothing', async t => {
	const directory = await makeDirectory(t);
	const worker = await open(t, directory);
	await worker.close();
	await t.throwsAsync(readdir(directory), {code: 'ENOENT'});
});
