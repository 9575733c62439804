import {
	mkdtemp,
	readdir,
	readFile,
	rename,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {prepareLog, removeLog, rotateLog, rotationPlan} from '../../../source/host/containers/log-rotation.js';

const limits = {bytes: 10, files: 3};

const makeLog = async (t: ExecutionContext, files: Readonly<Record<string, string>> = {}) => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-rotation-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	for (const [name, content] of Object.entries(files)) {
		await writeFile(path.join(directory, name), content);
	}

	const live = path.join(directory, 'log');
	const contents = async () => {
		const names = await readdir(directory);
		return Object.fromEntries(await Promise.all(names.toSorted().map(async name => [name, await readFile(path.join(directory, name), 'utf8')] as const)));
	};

	return {live, contents};
};

test('a log is rotated from its limit on, and the oldest file makes room', async t => {
	const {live, contents} = await makeLog(t, {log: 'live 5678', 'log.1': 'one', 'log.2': 'two'});
	const swapped: string[] = [];
	const swap = async (file: string) => {
		swapped.push(file);
		// The writer is moved before any rename.
		t.is((await stat(live)).size, 10);
		await writeFile(file, 'new');
	};

	t.false((await rotateLog(live, swap, limits)).isRotated);
	t.deepEqual(swapped, []);
	await writeFile(live, 'live 56789');
	t.true((await rotateLog(live, swap, limits)).isRotated);
	t.deepEqual(swapped, [`${live}.next`]);
	t.deepEqual(await contents(), {log: 'new', 'log.1': 'live 56789', 'log.2': 'one'});
	t.is((await stat(live)).mode & 0o077, 0);
});

test('one file is kept, or many', async t => {
	const {live, contents} = await makeLog(t, {log: '0123456789'});
	await rotateLog(live, async file => writeFile(file, '9876543210'), {bytes: 10, files: 1});
	t.deepEqual(await contents(), {log: '9876543210'});
	await rotateLog(live, async file => writeFile(file, 'new'), {bytes: 10, files: 5});
	t.deepEqual(await contents(), {log: 'new', 'log.1': '9876543210'});
});

test('a log that does not exist is not rotated', async t => {
	const {live, contents} = await makeLog(t);
	let swaps = 0;
	const {isRotated} = await rotateLog(live, async () => {
		swaps++;
	}, limits);
	t.deepEqual([isRotated, swaps, await contents()], [false, 0, {}]);
});

test('a rotation that a crash cut short at any rename is finished by the next', async t => {
	const before = {log: 'live 56789', 'log.1': 'one', 'log.2': 'two', 'log.next': 'new'};
	const plan = rotationPlan('log', 10, limits)!;
	for (let done = 0; done <= plan.length; done++) {
		const {live, contents} = await makeLog(t, before);
		for (const {from, to} of plan.slice(0, done)) {
			await rename(path.join(path.dirname(live), from), path.join(path.dirname(live), to));
		}

		let swaps = 0;
		await rotateLog(live, async () => {
			swaps++;
		}, limits);
		t.deepEqual(await contents(), {log: 'new', 'log.1': 'live 56789', 'log.2': 'one'}, `after ${done} of ${plan.length}`);
		t.true(swaps <= 1);
	}
});

test('a swap that failed is tried again, and what was written meanwhile is kept', async t => {
	const {live, contents} = await makeLog(t, {log: 'live 56789'});
	await t.throwsAsync(rotateLog(live, async () => {
		throw new Error('the machine does not answer');
	}, limits), {message: 'the machine does not answer'});
	await writeFile(live, 'live 56789 and more');
	await rotateLog(live, async file => writeFile(file, 'new'), limits);
	t.deepEqual(await contents(), {log: 'new', 'log.1': 'live 56789 and more'});
	// The swap succeeded before it failed, but the writer has written nothing yet.
	await writeFile(live, 'new 456789');
	await t.throwsAsync(rotateLog(live, async file => {
		await writeFile(file, '');
		throw new Error('the answer was lost');
	}, limits));
	await writeFile(`${live}.next`, 'newer', {flag: 'r+'});
	await rotateLog(live, async () => undefined, limits);
	t.deepEqual(await contents(), {log: 'newer', 'log.1': 'new 456789', 'log.2': 'live 56789 and more'});
});

test('a log is made ready: it exists, its last record is ended, its rotation is finished', async t => {
	const missing = await makeLog(t);
	await prepareLog(missing.live);
	t.deepEqual(await missing.contents(), {log: ''});
	t.is((await stat(missing.live)).mode & 0o077, 0);
	const cut = await makeLog(t, {log: 'whole\nhal'});
	await prepareLog(cut.live);
	t.deepEqual(await cut.contents(), {log: 'whole\nhal\n'});
	await prepareLog(cut.live);
	t.deepEqual(await cut.contents(), {log: 'whole\nhal\n'});
	const rotating = await makeLog(t, {log: 'old', 'log.next': 'hal'});
	await prepareLog(rotating.live, limits);
	t.deepEqual(await rotating.contents(), {log: 'hal\n', 'log.1': 'old'});
	const renamed = await makeLog(t, {'log.1': 'old', 'log.next': 'new\n'});
	await prepareLog(renamed.live, limits);
	t.deepEqual(await renamed.contents(), {log: 'new\n', 'log.1': 'old'});
});

test('a log is removed with all its files, and one that does not exist is no error', async t => {
	const {live, contents} = await makeLog(t, {log: 'a', 'log.1': 'b', 'log.2': 'c', 'log.next': 'd', 'record.json': 'e'});
	await removeLog(live, limits);
	t.deepEqual(await contents(), {'record.json': 'e'});
	await removeLog(live, limits);
	t.deepEqual(await contents(), {'record.json': 'e'});
});
