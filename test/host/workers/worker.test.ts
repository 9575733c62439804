import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
import net from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {HolmError, type ErrorCode} from '../../../source/engine/errors.js';
import {run} from '../../../source/host/run.js';
import {openWorker} from '../../../source/host/workers/worker.js';
import {connect} from '../../../source/host/workers/worker-link.js';
import type {WorkerOptions} from '../../../source/host/workers/worker-protocol.js';
import {type Errand} from './errand.js';

type Memory = {readonly pid: number; readonly words: readonly string[]; readonly arguments: readonly string[]};

const makeDirectory = async (t: ExecutionContext) => {
	const parent = await mkdtemp(path.join(tmpdir(), 'holm-worker-'));
	t.teardown(async () => rm(parent, {recursive: true, force: true}));
	return path.join(parent, 'w');
};

const open = async (t: ExecutionContext, directory: string, options: Partial<WorkerOptions<Errand>> = {}) => {
	const worker = await openWorker<Errand, unknown>({
		directory, name: 'errands', module: new URL('obedient.js', import.meta.url), ...options,
	});
	t.teardown(async () => worker.close());
	return worker;
};

const recall = async (worker: {readonly call: (errand: Errand) => Promise<unknown>}) => await worker.call({do: 'recall'}) as Memory;

const failureOf = async (t: ExecutionContext, work: Promise<unknown>, code: ErrorCode) => {
	const error = await t.throwsAsync<HolmError>(work);
	t.true(error instanceof HolmError);
	t.is(error.code, code, error.message);
	return error;
};

test('requests are answered in their order, also those of two openers', async t => {
	const directory = await makeDirectory(t);
	const [first, second] = [await open(t, directory), await open(t, directory)];
	t.is(first.pid, second.pid);
	const counts = await Promise.all([
		first.call({do: 'remember', word: 'a', afterMs: 80}),
		first.call({do: 'remember', word: 'b'}),
		first.call({do: 'remember', word: 'c', afterMs: 10}),
		first.call({do: 'remember', word: 'd'}),
	]);
	t.deepEqual(counts, [1, 2, 3, 4]);
	await Promise.all([first.call({do: 'remember', word: 'e', afterMs: 50}), second.call({do: 'remember', word: 'f'})]);
	t.deepEqual((await recall(second)).words.slice(0, 4), ['a', 'b', 'c', 'd']);
	t.is((await recall(second)).words.length, 6);
});

test('errors arrive as they were thrown, and the next request succeeds', async t => {
	const worker = await open(t, await makeDirectory(t));
	const refusal = await failureOf(t, worker.call({do: 'refuse'}), 'conflict');
	t.deepEqual([refusal.message, refusal.remedy], ['The port 80 is taken', 'take another']);
	const fault = await failureOf(t, worker.call({do: 'fail'}), 'internal');
	t.is(fault.message, 'Something is not a function');
	await failureOf(t, worker.call({do: 'dance'} as unknown as Errand), 'invalid');
	t.is(await worker.call({do: 'remember', word: 'a'}), 1);
});

test('a worker that died is restarted at once and gets its state first', async t => {
	const worker = await open(t, await makeDirectory(t), {state: () => ({do: 'remember', word: 'state'})});
	t.deepEqual((await recall(worker)).words, [], 'the state is for the next one');
	const {pid} = worker;
	process.kill(pid, 'SIGKILL');
	t.is(await worker.call({do: 'remember', word: 'next'}), 2);
	t.not(worker.pid, pid);
	t.deepEqual((await recall(worker)).words, ['state', 'next']);
	const second = worker.pid;
	process.kill(second, 'SIGKILL');
	while (worker.pid === second) {
		await sleep(20);
	}

	t.deepEqual((await recall(worker)).words, ['state'], 'nobody has to ask');
});

test('a rejected state does not block requests', async t => {
	const worker = await open(t, await makeDirectory(t), {state: () => ({do: 'refuse'})});
	process.kill(worker.pid, 'SIGKILL');
	t.is(await worker.call({do: 'remember', word: 'a'}), 1);
});

test('a request during which the worker died is sent once more', async t => {
	const directory = await makeDirectory(t);
	const worker = await open(t, directory);
	t.is(await worker.call({do: 'crash', file: path.join(directory, 'once'), times: 1}), 'alive');
	await failureOf(t, worker.call({do: 'crash', file: path.join(directory, 'always'), times: 100}), 'unavailable');
	t.is((await readFile(path.join(directory, 'always'), 'utf8')).length, 2);
	t.is(await worker.call({do: 'remember', word: 'a'}), 1);
});

test('a request that is never answered fails, and others are served again', async t => {
	const worker = await open(t, await makeDirectory(t), {answerLimitMs: 300});
	await failureOf(t, worker.call({do: 'hang'}), 'unavailable');
	t.is(await worker.call({do: 'remember', word: 'a'}), 1);
});

test('a worker that hangs is replaced', async t => {
	const worker = await open(t, await makeDirectory(t), {answerLimitMs: 300});
	const {pid} = worker;
	process.kill(pid, 'SIGSTOP');
	t.is(await worker.call({do: 'remember', word: 'a'}), 1);
	t.not(worker.pid, pid);
});

test('openers at the same time share one worker', async t => {
	const directory = await makeDirectory(t);
	const workers = await Promise.all(Array.from({length: 4}, async () => open(t, directory)));
	t.is(new Set(workers.map(({pid}) => pid)).size, 1);
	const {pid} = workers[0]!;
	process.kill(pid, 'SIGKILL');
	await Promise.all(workers.map(async worker => worker.call({do: 'remember', word: 'a'})));
	t.is(new Set(workers.map(worker => worker.pid)).size, 1);
	t.is((await recall(workers[0]!)).words.length, 4);
});

/** Opens a worker in a process that ends at once, like a daemon that is upgraded. */
const openElsewhere = async (directory: string, options: Partial<WorkerOptions<Errand>>) => {
	const program = `
		import {openWorker} from ${JSON.stringify(new URL('../../../source/host/workers/worker.js', import.meta.url))};
		const worker = await openWorker({...${JSON.stringify({directory, name: 'errands', ...options})}, module: new URL(${JSON.stringify(new URL('obedient.js', import.meta.url))})});
		console.log(worker.pid);
		process.exit();
	`;
	const {stdout} = await run(process.execPath, ['--input-type=module', '--eval', program]);
	return Number(stdout);
};

test('a worker that was started in the same way is kept, one that was started otherwise is replaced', async t => {
	const directory = await makeDirectory(t);
	const first = await openElsewhere(directory, {arguments: ['one'], key: '1'});
	t.is(await openElsewhere(directory, {arguments: ['one'], key: '1'}), first);
	const second = await openElsewhere(directory, {arguments: ['two'], key: '1'});
	t.not(second, first);
	const third = await openElsewhere(directory, {arguments: ['two'], key: '2'});
	t.not(third, second);
	const worker = await open(t, directory, {arguments: ['two'], key: '2'});
	t.deepEqual(await recall(worker), {pid: third, words: [], arguments: ['two']});
});

test('a worker that cannot start says where to look', async t => {
	const directory = await makeDirectory(t);
	const error = await failureOf(t, open(t, directory, {module: new URL('broken.js', import.meta.url)}), 'unavailable');
	t.regex(error.message, /^The worker errands ended as it started: exit status 1$/v);
	t.is(error.remedy, `${path.join(directory, 'errands.log')} says why`);
	t.regex(await readFile(path.join(directory, 'errands.log'), 'utf8'), /This worker cannot start/v);
	await failureOf(t, open(t, directory, {prefix: ['/no/such/program']}), 'unavailable');
});

test('the directory belongs to its owner alone, and so does what is in it', async t => {
	const directory = await makeDirectory(t);
	await open(t, directory);
	t.is((await stat(directory)).mode & 0o777, 0o700);
	for (const name of ['errands.sock', 'errands.pid', 'errands.log']) {
		t.is((await stat(path.join(directory, name))).mode & 0o077, 0, name);
	}
});

test('the worker has nothing of the environment but the path', async t => {
	const worker = await open(t, await makeDirectory(t));
	t.deepEqual(await worker.call({do: 'environment'}), ['PATH']);
});

test('a closed worker is removed with its files', async t => {
	const directory = await makeDirectory(t);
	const worker = await open(t, directory);
	const {pid} = worker;
	await worker.close();
	await t.throwsAsync(readFile(`/proc/${pid}/cmdline`).then(line => {
		// A process that is not reaped remains without a command line.
		if (line.length === 0) {
			throw new Error('gone');
		}
	}));
	t.deepEqual((await readdir(directory)).toSorted(), ['errands.lock', 'errands.log']);
	await failureOf(t, worker.call({do: 'recall'}), 'unavailable');
	await sleep(300);
	t.deepEqual((await readdir(directory)).toSorted(), ['errands.lock', 'errands.log'], 'it is not started again');
});

test('a process that has the number of a worker of former times is left alone', async t => {
	const directory = await makeDirectory(t);
	await mkdir(directory, {mode: 0o700});
	const stranger = spawn('sleep', ['1000']);
	const ended = once(stranger, 'exit');
	t.teardown(async () => {
		stranger.kill();
		await ended;
	});
	await once(stranger, 'spawn');
	await writeFile(path.join(directory, 'errands.pid'), JSON.stringify({pid: stranger.pid, startTime: '1'}));
	const worker = await open(t, directory);
	t.is(await worker.call({do: 'remember', word: 'a'}), 1);
	t.is(stranger.exitCode, null);
});

test('a path that is too long for a socket is refused', async t => {
	const error = await failureOf(t, open(t, path.join(await makeDirectory(t), 'x'.repeat(100))), 'invalid');
	t.regex(error.message, /too long for a socket$/v);
});

/** Errors are expected here, and each is followed by `close`. */
const untilClosed = async (socket: net.Socket) => {
	const closed = Promise.withResolvers<void>();
	socket.on('close', () => {
		closed.resolve();
	});
	return closed.promise;
};

test('a request to a worker that has ended since its greeting fails at once', async t => {
	const socket = `${await makeDirectory(t)}.sock`;
	const server = net.createServer(peer => {
		peer.end('{"key":"k"}\n');
	}).listen(socket);
	t.teardown(() => {
		server.close();
	});
	await once(server, 'listening');
	const link = await connect(socket, 'errands');
	if (!link || link === 'silent') {
		throw new Error('there was no greeting');
	}

	await link.ended;
	await failureOf(t, link.send({do: 'recall'}), 'unavailable');
});

test('a peer that sends garbage does not affect others', async t => {
	const directory = await makeDirectory(t);
	const worker = await open(t, directory);
	const lines = [
		'\n',
		'x\n',
		'{"do":\n',
		'null\n',
		'1\n',
		'[]\n',
		'"\\ud800"\n',
		'{"do":"recall"}',
		'{"do":"remember","word":"\u{0}"}\n{',
		`{"do":"recall","x":"${'x'.repeat(1e6)}"}\n`,
		Buffer.of(0xFF, 0xFE, 10),
		'\n'.repeat(1000),
	];
	for (const line of lines) {
		const socket = net.connect(path.join(directory, 'errands.sock'));
		socket.on('error', () => undefined);
		socket.resume();
		socket.end(line);
		await untilClosed(socket);
	}

	const endless = net.connect(path.join(directory, 'errands.sock'));
	endless.on('error', () => undefined);
	endless.resume();
	const closed = untilClosed(endless);
	const piece = Buffer.alloc(1024 * 1024, 'x');
	while (!endless.destroyed) {
		if (endless.write(piece)) {
			continue;
		}

		const drained = Promise.withResolvers<void>();
		endless.once('drain', drained.resolve);
		await Promise.race([drained.promise, closed]);
	}

	const {pid} = worker;
	t.is((await recall(worker)).pid, pid);
});

test('a compromised worker can neither crash its opener nor block it forever', async t => {
	const module = new URL('hostile.js', import.meta.url);
	const replies = {
		'not JSON': 'x\n',
		nothing: 'null\n',
		'no error': '{"error":null}\n',
		'no line': 'x'.repeat(1000),
		silence: '',
	};
	for (const [kind, reply] of Object.entries(replies)) {
		const worker = await open(t, await makeDirectory(t), {module, arguments: [JSON.stringify({reply})], answerLimitMs: 300});
		const error = await failureOf(t, worker.call({do: 'recall'}), 'unavailable');
		t.is(error.message, 'The worker errands ended before it had answered', kind);
	}

	const strange = await open(t, await makeDirectory(t), {module, arguments: [JSON.stringify({reply: '{"error":{"code":"__proto__","message":7,"remedy":{}}}\n'})]});
	const error = await failureOf(t, strange.call({do: 'recall'}), 'internal');
	t.deepEqual([error.message, error.remedy], ['The worker errands failed and did not say why', undefined]);
	const talkative = await open(t, await makeDirectory(t), {module, arguments: [JSON.stringify({reply: '{"answer":1}\n{"answer":2}\n{"answer":3}\n'})]});
	t.is(await talkative.call({do: 'recall'}), 1);
	for (const greeting of ['null\n', 'x\n', '{"key":"other"}\n', '7\n']) {
		await failureOf(t, open(t, await makeDirectory(t), {module, arguments: [JSON.stringify({greeting, reply: ''})]}), 'unavailable');
	}
});
