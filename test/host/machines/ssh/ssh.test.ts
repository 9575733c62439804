import {once} from 'node:events';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import net from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import ssh2 from 'ssh2';
import type {HolmError} from '../../../../source/engine/errors.js';
import {loadKey, newKey} from '../../../../source/host/machines/ssh/key.js';
import {dialSsh} from '../../../../source/host/machines/ssh/ssh.js';

const {privateKey} = newKey();

/** A guest's port: a socket with a server that is started on demand and serves one connection. */
const openPort = async (t: ExecutionContext) => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-ssh-'));
	const socketPath = path.join(directory, 'port.sock');
	const connections: net.Socket[] = [];
	const port = net.createServer(socket => {
		socket.on('error', () => undefined);
		connections.push(socket);
	});
	port.listen(socketPath);
	await once(port, 'listening');
	t.teardown(async () => {
		for (const connection of connections) {
			connection.destroy();
		}

		port.close();
		await rm(directory, {recursive: true, force: true});
	});
	const server = new ssh2.Server({hostKeys: [privateKey]}, client => {
		client.on('error', () => undefined).on('authentication', context => {
			context.accept();
		});
	});
	return {
		socketPath,
		connections,
		serve() {
			server.injectSocket(connections.at(-1)!);
		},
	};
};

const optionsFor = ({socketPath}: {readonly socketPath: string}, leaving: Map<string, () => void>, onStart: (count: number) => void) => {
	let count = 0;
	return {
		socketPath, port: 4, privateKey, leaving,
		async tell(line: string) {
			count++;
			const id = /^ssh 4 (?<id>[\da-f]{8})\n$/v.exec(line)!.groups!.id!;
			const number = count;
			setTimeout(() => {
				onStart(number);
				if (number < 3) {
					leaving.get(id)!();
				}
			}, 10);
		},
	};
};

test('keys that are made can be read again', t => {
	// Of those that ssh2 makes, one in 300 cannot.
	for (let count = 0; count < 2000; count++) {
		t.false(ssh2.utils.parseKey(newKey().privateKey) instanceof Error);
	}
});

test('a key that cannot be read is refused with the remedy', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-key-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	const file = path.join(directory, 'key');
	const made = await loadKey(file);
	t.deepEqual(await loadKey(file), made);
	for (const text of ['{', '{}', JSON.stringify({...made, privateKey: made.privateKey.slice(0, 90)})]) {
		await writeFile(file, text);
		const error = await t.throwsAsync(loadKey(file), {code: 'unavailable', message: `${file} is not the key of an engine`});
		t.regex((error as HolmError).remedy!, /remove it/v);
	}
});

test('a server that exits because its port is still in use is started again for the same connection', async t => {
	const port = await openPort(t);
	const leaving = new Map<string, () => void>();
	const ssh = await dialSsh(optionsFor(port, leaving, count => {
		if (count === 3) {
			port.serve();
		}
	}));
	t.is(port.connections.length, 1);
	t.is(leaving.size, 1);
	ssh.close();
	for (const leave of leaving.values()) {
		leave();
	}

	await ssh.left;
	t.is(leaving.size, 0);
});

test('a connection that is closed before the greeting is retried at once', async t => {
	const port = await openPort(t);
	const leaving = new Map<string, () => void>();
	// Less than the time limit of a connection.
	t.timeout(20_000);
	const ssh = await dialSsh({...optionsFor(port, leaving, () => undefined), async tell() {
		if (port.connections.length === 1) {
			port.connections[0]!.destroy();
		} else {
			port.serve();
		}
	}});
	t.is(port.connections.length, 2);
	ssh.close();
});

test('a machine that has ended is reported', async t => {
	const port = await openPort(t);
	const leaving = new Map<string, () => void>();
	await t.throwsAsync(dialSsh({...optionsFor(port, leaving, () => undefined), async tell() {
		throw new Error('it has ended');
	}}), {message: 'the guest does not answer: it has ended'});
	t.is(leaving.size, 0);
});
