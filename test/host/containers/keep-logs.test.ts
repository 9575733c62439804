import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {appendFileSync} from 'node:fs';
import {
	appendFile,
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	rm,
	truncate,
	writeFile,
} from 'node:fs/promises';
import {createServer, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import test, {type ExecutionContext} from 'ava';
import {createLogKeeper, pauseAfter} from '../../../source/host/containers/keep-logs.js';
import {identify} from '../../../source/host/machines/process.js';
import {machineFiles} from '../../../source/host/machines/qemu.js';
import {readRecord, writeRecord} from '../../../source/host/machines/record.js';
import {lastWords} from '../../../source/host/machines/status.js';

type Command = {
	readonly id: number;
	readonly execute: string;
	readonly arguments: {readonly backend?: {readonly data: {readonly out: string}}};
};

const limits = {bytes: 100, files: 3};

const makeMachines = async (t: ExecutionContext) => {
	const root = await mkdtemp(path.join(tmpdir(), 'holm-keeper-'));
	t.teardown(async () => rm(root, {recursive: true, force: true}));
	const machines = path.join(root, 'machines');
	await mkdir(machines);
	const complaints: string[] = [];
	const keeper = createLogKeeper({
		machines, limits, complain(line) {
			complaints.push(line);
		},
	});
	const look = async () => {
		const pause = await keeper.look();
		await keeper.settle();
		return pause;
	};

	/** A process that writes to a log like QEMU, and changes the file on a monitor command. */
	const start = async (name: string, {isSilent = false} = {}) => {
		const directory = path.join(machines, name);
		const files = machineFiles(directory);
		const log = path.join(root, `${name}.log`);
		await mkdir(files.run, {recursive: true});
		await Promise.all([log, files.status, files.console].map(async file => writeFile(file, '')));
		const child = spawn('sleep', ['1000']);
		const ended = once(child, 'exit');
		let current = log;
		const sockets: Socket[] = [];
		const monitor = createServer(socket => {
			sockets.push(socket);
			socket.on('error', () => undefined);
			if (isSilent) {
				return;
			}

			socket.write('{"QMP": {}}\n');
			createInterface(socket).on('line', line => {
				const {id, execute, arguments: words} = JSON.parse(line) as Command;
				if (execute === 'chardev-change') {
					appendFileSync(current, 'last of the old\n');
					current = words.backend!.data.out;
					appendFileSync(current, 'first of the new\n');
				}

				socket.write(`${JSON.stringify({return: {}, id})}\n`);
			});
		});
		monitor.listen(files.logMonitor);
		await once(monitor, 'listening');
		const hangUp = () => {
			for (const socket of sockets) {
				socket.destroy();
			}
		};

		t.teardown(() => {
			child.kill('SIGKILL');
			hangUp();
			monitor.close();
		});
		await writeRecord(directory, {qemu: await identify(child.pid!), log});
		return {
			directory, files, log, child, ended, hangUp,
		};
	};

	return {
		root, look, start, complaints, keeper,
	};
};

test('the next look comes before a log that grows has reached its limit', t => {
	const at = (size: number, lookedAt: number) => ({size, lookedAt});
	t.is(pauseAfter(undefined, at(50, 0), 1000), 1000);
	t.is(pauseAfter(at(50, 0), at(50, 1000), 1000), 1000);
	// Another 400 bytes take 800 milliseconds.
	t.is(pauseAfter(at(100, 0), at(600, 1000), 1000), 400);
	t.is(pauseAfter(at(0, 0), at(999, 1000), 1000), 50);
	t.is(pauseAfter(at(0, 0), at(5000, 10), 1000), 50);
	t.is(pauseAfter(at(900, 0), at(10, 1000), 1000), 1000, 'it was rotated');
});

test('a log is rotated without an engine, each time it reaches its limit, and loses nothing', async t => {
	const {root, look, start, complaints} = await makeMachines(t);
	const {log} = await start('one');
	await appendFile(log, 'short\n');
	await look();
	t.deepEqual(await readdir(root), ['machines', 'one.log']);
	let all = 'short\n';
	for (const letter of ['a', 'b', 'c', 'd']) {
		const line = `${letter.repeat(120)}\n`;
		await appendFile(log, line);
		all += `${line}last of the old\nfirst of the new\n`;
		await look();
	}

	t.deepEqual(await readdir(root), ['machines', 'one.log', 'one.log.1', 'one.log.2']);
	const kept = await Promise.all(['one.log.2', 'one.log.1', 'one.log'].map(async name => readFile(path.join(root, name), 'utf8')));
	t.true(kept.join('').length > 250);
	t.true(all.endsWith(kept.join('')));
	t.deepEqual(complaints, []);
});

test('a log has the limits of its container', async t => {
	const {root, look, start} = await makeMachines(t);
	const {log, directory} = await start('one');
	await writeRecord(directory, {...await readRecord(directory), logLimits: {bytes: 1000, files: 1}});
	await look();
	await appendFile(log, `${'a'.repeat(500)}\n`);
	await look();
	t.is((await readFile(log, 'utf8')).length, 501);
	await appendFile(log, `${'b'.repeat(500)}\n`);
	await look();
	t.is(await readFile(log, 'utf8'), 'first of the new\n');
	t.deepEqual(await readdir(root), ['machines', 'one.log']);
});

test('a rotation that another keeper did not finish is finished', async t => {
	const {root, look, start} = await makeMachines(t);
	const {log} = await start('one');
	await writeFile(`${log}.next`, '');
	await appendFile(log, 'old\n');
	await look();
	t.is(await readFile(log, 'utf8'), 'first of the new\n');
	t.is(await readFile(`${log}.1`, 'utf8'), 'old\nlast of the old\n');
	t.deepEqual(await readdir(root), ['machines', 'one.log', 'one.log.1']);
});

test('a machine that does not answer is reported once, and delays no other', async t => {
	const {start, complaints, keeper} = await makeMachines(t);
	const [silent, other] = [await start('silent', {isSilent: true}), await start('other')];
	await Promise.all([silent, other].map(async ({log}) => appendFile(log, 'x'.repeat(200))));
	await keeper.look();
	while (await readFile(other.log, 'utf8').catch(() => '') !== 'first of the new\n') {
		await new Promise(resolve => {
			setImmediate(resolve);
		});
	}

	t.deepEqual(complaints, []);
	silent.hangUp();
	await keeper.settle();
	t.is(complaints.length, 1);
	t.regex(complaints[0]!, /^machine silent: its log was not rotated: /v);
});

test('a machine whose console or status port is flooded ends without an engine, and the next one learns why', async t => {
	const {look, start, complaints} = await makeMachines(t);
	const [console, status, calm] = [await start('console'), await start('status'), await start('calm')];
	await truncate(console.files.console, 17 * 1024 * 1024);
	await truncate(status.files.status, 1024 * 1024 + 1);
	await truncate(calm.files.console, 16 * 1024 * 1024);
	await look();
	await Promise.all([console.ended, status.ended]);
	t.is(calm.child.exitCode ?? calm.child.signalCode, null);
	t.like(await lastWords(console.directory), {kind: 'died', reason: 'the guest flooded its console'});
	t.like(await lastWords(status.directory), {kind: 'died', reason: 'the guest flooded its status port'});
	t.is(complaints.length, 2);
});
