import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {isLiving, lockOwner, parseOwner, takeLock} from '../../../source/daemon/apple/lock.js';

test('a lock is held by one process, until it is released', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	const lock = path.join(directory, 'lock');
	t.is(await lockOwner(lock), undefined);
	const release = await takeLock(lock);
	t.truthy(release);
	t.is((await lockOwner(lock))?.pid, process.pid);
	t.is(await takeLock(lock), undefined);
	await release?.();
	t.deepEqual(await readdir(directory), []);

	// Of processes that have ended, of another one with the same id, and of none.
	for (const text of ['4194305 1000\n', `${process.pid} 1000\n`, 'nonsense', '']) {
		await writeFile(lock, text);
		t.is(await lockOwner(lock), undefined);
		const taken = await takeLock(lock);
		t.truthy(taken, text);
		// Not released if it has become another one's.
		const own = await readFile(lock, 'utf8');
		await writeFile(lock, '1 2\n');
		await taken?.();
		t.deepEqual(await readdir(directory), ['lock']);
		await writeFile(lock, own);
		await taken?.();
		t.deepEqual(await readdir(directory), []);
	}
});

test('processes are told apart by the time of their start', async t => {
	t.deepEqual(parseOwner('12 1700000000000\n'), {pid: 12, startedAt: 1_700_000_000_000});
	for (const text of ['', '12', '-1 5\n', '0 5\n', '12 x\n', '12 5\n6', '12 5 6\n']) {
		t.is(parseOwner(text), undefined, text);
	}

	const startedAt = Date.now() - (performance.now());
	t.true(await isLiving({pid: process.pid, startedAt: 0}));
	t.true(await isLiving({pid: process.pid, startedAt: Math.floor(startedAt / 1000) * 1000}));
	t.false(await isLiving({pid: process.pid, startedAt: startedAt - 60_000}));
});
