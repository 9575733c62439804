import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {withLock} from '../../source/host/lock.js';
import {findCommand} from '../../source/host/setup/programs.js';

const obstacle = await findCommand('flock') ? '' : ' (needs flock)';
const testLock = obstacle ? test.skip : test;

const makeFile = async (t: ExecutionContext): Promise<string> => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-lock-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	return path.join(directory, 'not', 'yet', 'lock');
};

testLock(`work under one lock is done one after another, and its result or failure comes back${obstacle}`, async t => {
	const file = await makeFile(t);
	let running = 0;
	const work = async (result: number) => {
		running++;
		t.is(running, 1);
		await delay(20);
		running--;
		if (result === 2) {
			throw new Error('two');
		}

		return result;
	};

	const results = await Promise.allSettled([1, 2, 3].map(async result => withLock(file, async () => work(result))));
	t.deepEqual(results.map(result => result.status === 'fulfilled' ? result.value : (result.reason as Error).message), [1, 'two', 3]);
	t.is(await withLock(`${file}2`, async () => withLock(file, async () => 'another lock')), 'another lock');
});

testLock(`the lock of a process that is killed is free${obstacle}`, async t => {
	const file = await makeFile(t);
	const module = new URL('../../source/host/lock.js', import.meta.url);
	const script = `
		const {withLock} = await import(${JSON.stringify(module.href)});
		await withLock(process.argv[1], async () => {
			console.log('held');
			await new Promise(resolve => setTimeout(resolve, 600_000));
		});
	`;
	const holder = spawn(process.execPath, ['--input-type=module', '--eval', script, file], {stdio: ['ignore', 'pipe', 'inherit']});
	await once(holder.stdout, 'data');
	let isFree = false;
	const waiting = withLock(file, async () => {
		isFree = true;
	});
	await delay(100);
	t.false(isFree);
	holder.kill('SIGKILL');
	await waiting;
	t.true(isFree);
});
