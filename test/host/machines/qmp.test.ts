import {mkdtemp, rm} from 'node:fs/promises';
import {createServer, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import test, {type ExecutionContext} from 'ava';
import {connectQmp} from '../../../source/host/machines/qmp.js';

const greeting = {QMP: {version: {}, capabilities: []}};

type Command = {readonly execute: string; readonly arguments?: unknown; readonly id: number};

/** A monitor that answers every command with what `answer` sends. */
const makeMonitor = async (t: ExecutionContext, answer: (command: Command, socket: Socket) => void, hello = `${JSON.stringify(greeting)}\r\n`): Promise<string> => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-qmp-'));
	const socketPath = path.join(directory, 'qmp.sock');
	const sockets: Socket[] = [];
	const server = createServer(socket => {
		sockets.push(socket);
		socket.write(hello);
		createInterface(socket).on('line', line => {
			answer(JSON.parse(line) as Command, socket);
		});
	});
	await new Promise<void>(resolve => {
		server.listen(socketPath, resolve);
	});
	t.teardown(async () => {
		for (const socket of sockets) {
			socket.destroy();
		}

		server.close();
		await rm(directory, {recursive: true, force: true});
	});
	return socketPath;
};

const send = (socket: Socket, message: unknown): void => {
	socket.write(`${JSON.stringify(message)}\r\n`);
};

test('answers reach their callers, in any order', async t => {
	const held: Command[] = [];
	const monitor = await connectQmp(await makeMonitor(t, (command, socket) => {
		if (command.execute === 'qmp_capabilities') {
			send(socket, {return: {}, id: command.id});
			return;
		}

		held.push(command);
		if (held.length === 2) {
			send(socket, {event: 'STOP', data: {}});
			send(socket, {error: {class: 'GenericError', desc: 'no such device'}, id: held[1]!.id});
			send(socket, {return: {status: 'running'}, id: held[0]!.id});
		}
	}));
	const events: string[] = [];
	const stop = monitor.onEvent(({name}) => {
		events.push(name);
	});
	const [first, second] = await Promise.allSettled([monitor.execute('query-status'), monitor.execute('device_del', {id: 'x'})]);
	t.deepEqual(first.status === 'fulfilled' && first.value, {status: 'running'});
	t.like(second.status === 'rejected' && second.reason, {code: 'internal', message: 'the machine refused: no such device'});
	t.deepEqual(events, ['STOP']);
	stop();
	held.length = 0;
	await Promise.allSettled([monitor.execute('a'), monitor.execute('b')]);
	t.deepEqual(events, ['STOP']);
	t.deepEqual(held.map(({execute, arguments: given}) => [execute, given]), [['a', {}], ['b', {}]]);
});

test('pending calls fail when the machine ends', async t => {
	const monitor = await connectQmp(await makeMonitor(t, (command, socket) => {
		if (command.execute === 'qmp_capabilities') {
			send(socket, {return: {}, id: command.id});
		} else {
			socket.destroy();
		}
	}));
	await t.throwsAsync(monitor.execute('cont'), {code: 'internal'});
	await monitor.closed;
	await t.throwsAsync(monitor.execute('cont'), {message: /cont was not sent/v});
});

test('a monitor that serves another client times out', async t => {
	const silent = await makeMonitor(t, () => undefined, '');
	await t.throwsAsync(connectQmp(silent, AbortSignal.timeout(100)), {code: 'internal'});
	const unwilling = await makeMonitor(t, () => undefined);
	await t.throwsAsync(connectQmp(unwilling, AbortSignal.timeout(100)), {code: 'internal'});
	await t.throwsAsync(connectQmp(`${silent}.none`), {code: 'ENOENT'});
});

test('an invalid message ends only the connection', async t => {
	for (const nonsense of ['{"QMP"', 'null', '17', '"text"']) {
		const socketPath = await makeMonitor(t, (command, socket) => {
			if (command.execute === 'qmp_capabilities') {
				send(socket, {return: {}, id: command.id});
				socket.write(`${nonsense}\n`);
			}
		});
		const monitor = await connectQmp(socketPath);
		await t.throwsAsync(monitor.execute('cont'), {code: 'internal'});
	}
});
