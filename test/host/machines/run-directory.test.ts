import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {
	chown,
	mkdir,
	mkdtemp,
	rm,
	symlink,
	writeFile,
} from 'node:fs/promises';
import {createServer, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import type {ExecutionContext} from 'ava';
import ssh2 from 'ssh2';
import {openConsole} from '../../../source/host/machines/console.js';
import {adoptMachine} from '../../../source/host/machines/machine.js';
import {identify} from '../../../source/host/machines/process.js';
import {machineFiles} from '../../../source/host/machines/qemu.js';
import {connectQmp} from '../../../source/host/machines/qmp.js';
import {writeRecord} from '../../../source/host/machines/record.js';
import {connectOwn} from '../../../source/host/machines/run-directory.js';
import {newKey} from '../../../source/host/machines/ssh/key.js';
import {lastWords} from '../../../source/host/machines/status.js';
import {hostTest} from '../images/storage-helper.js';

const {privateKey} = newKey();

/** A socket that acts like a monitor and records what it receives. */
const listen = async (t: ExecutionContext, file: string, uid: number) => {
	const heard: string[] = [];
	const sockets: Socket[] = [];
	const server = createServer(socket => {
		sockets.push(socket);
		heard.push('');
		socket.on('error', () => undefined);
		socket.write('{"QMP": {}}\n');
		const lines = createInterface(socket);
		lines.on('error', () => undefined);
		lines.on('line', line => {
			heard.push(line);
			const {id} = JSON.parse(line) as {readonly id: number};
			socket.write(`${JSON.stringify({return: {status: 'running'}, id})}\n`);
		});
	});
	server.listen(file);
	await once(server, 'listening');
	await chown(file, uid, uid);
	t.teardown(() => {
		for (const socket of sockets) {
			socket.destroy();
		}

		server.close();
	});
	return heard;
};

/** Two machines with different users: a compromised one, and the victim that it tries to reach through the engine. */
const makeMachines = async (t: ExecutionContext) => {
	const parent = await mkdtemp(path.join(tmpdir(), 'holm-run-'));
	t.teardown(async () => rm(parent, {recursive: true, force: true}));
	const [hostile, victim] = await Promise.all([1_900_000_001, 1_900_000_002].map(async uid => {
		const directory = path.join(parent, String(uid));
		const files = machineFiles(directory);
		await mkdir(files.run, {recursive: true});
		for (const [file, text] of [[files.status, 'started\nexited 7 0\n'], [files.console, 'its console']] as const) {
			await writeFile(file, text);
			await chown(file, uid, uid);
		}

		await chown(files.run, uid, uid);
		return {directory, files, uid};
	}));
	return {hostile: hostile!, victim: victim!};
};

const errorOf = async (socket: Socket) => {
	const [error] = await once(socket, 'error') as [Error & {readonly code: string}];
	return error.code;
};

hostTest('a machine\'s sockets cannot be redirected by its user', [], async t => {
	const {hostile, victim} = await makeMachines(t);
	const sockets = [victim.files.qmp, victim.files.control, ...victim.files.ssh];
	const heard = await Promise.all(sockets.map(async file => listen(t, file, victim.uid)));
	await symlink(victim.files.qmp, hostile.files.qmp);
	await t.throwsAsync(connectQmp(hostile.files.qmp), {code: 'forbidden'});
	await rm(hostile.files.qmp);
	await writeFile(hostile.files.qmp, '');
	await t.throwsAsync(connectQmp(hostile.files.qmp), {code: 'forbidden'});
	await rm(hostile.files.qmp);
	const stray = await listen(t, hostile.files.qmp, victim.uid);
	t.is(await errorOf(connectOwn(hostile.files.qmp)), 'forbidden', 'a socket of another user');
	t.deepEqual(stray, []);
	await rm(hostile.files.qmp);
	t.is(await errorOf(connectOwn(hostile.files.qmp)), 'ENOENT');

	// Its monitor is its own, and nothing else.
	const monitor = await listen(t, hostile.files.qmp, hostile.uid);
	const process = spawn('sleep', ['1000']);
	t.teardown(() => process.kill('SIGKILL'));
	await writeRecord(hostile.directory, {
		qemu: await identify(process.pid!), ports: {}, phases: [], startedAt: Date.now(),
	});
	for (const [index, file] of [hostile.files.control, ...hostile.files.ssh].entries()) {
		await symlink([victim.files.control, ...victim.files.ssh][index]!, file);
	}

	const machine = await adoptMachine(hostile.directory, privateKey);
	t.true(monitor.length > 0);
	await t.throwsAsync(machine!.signal(9), {code: 'conflict'});
	await t.throwsAsync(machine!.agent.run('id'));
	machine!.release();
	t.deepEqual(heard.flat(), [], 'nothing of it reached the other machine');
});

hostTest('a machine\'s files are read only if they belong to its user', [], async t => {
	const {hostile, victim} = await makeMachines(t);
	t.like(await lastWords(hostile.directory), {kind: 'exited', exitCode: 7});
	const own = await openConsole(hostile.files.console);
	t.not(own, undefined);
	await own?.close();
	await chown(hostile.files.status, victim.uid, victim.uid);
	await chown(hostile.files.console, 0, 0);
	t.is((await lastWords(hostile.directory)).kind, 'died', 'a hard link keeps its owner');
	t.is(await openConsole(hostile.files.console), undefined);
	await rm(hostile.files.status);
	await symlink(victim.files.status, hostile.files.status);
	t.is((await lastWords(hostile.directory)).kind, 'died');
});

hostTest('a monitor that sends an endless line is disconnected', [], async t => {
	const {hostile} = await makeMachines(t);
	const server = createServer(socket => {
		socket.on('error', () => undefined);
		const flood = () => {
			while (!socket.destroyed && socket.write('x'.repeat(65_536))) {
				// As fast as it goes.
			}
		};

		socket.on('drain', flood);
		flood();
	});
	server.listen(hostile.files.qmp);
	await once(server, 'listening');
	t.teardown(() => server.close());
	await chown(hostile.files.qmp, hostile.uid, hostile.uid);
	await t.throwsAsync(connectQmp(hostile.files.qmp), {code: 'internal'});
});
