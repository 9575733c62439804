import {Buffer} from 'node:buffer';
import dgram from 'node:dgram';
import {once} from 'node:events';
import {
	mkdtemp,
	readdir,
	readFile,
	rm,
} from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {text} from 'node:stream/consumers';
import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {HolmError} from '../../../source/engine/errors.js';
import {bindError, type Forward} from '../../../source/host/bridges/forward.js';
import {openForwarder} from '../../../source/host/bridges/forwarder.js';
import {createForwards} from '../../../source/host/bridges/forwards.js';
import {maximumSessions} from '../../../source/host/bridges/forwarder-udp.js';

const listen = async (t: ExecutionContext, serve: (connection: net.Socket) => void) => {
	const server = net.createServer({allowHalfOpen: true}, connection => {
		connection.on('error', () => undefined);
		serve(connection);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.close();
	});
	return (server.address() as net.AddressInfo).port;
};

const echo = (connection: net.Socket) => {
	connection.pipe(connection);
};

const open = (t: ExecutionContext, localAddress?: string) => {
	const forwards = createForwards(localAddress);
	t.teardown(async () => forwards.close());
	return forwards;
};

const forwardTo = (targetPort: number, other: Partial<Forward> = {}): Forward => ({
	id: 'web',
	hostAddress: '127.0.0.1',
	hostPort: 0,
	protocol: 'tcp',
	targetAddress: '127.0.0.1',
	targetPort,
	...other,
});

const connect = async (port: number, host = '127.0.0.1') => {
	const socket = net.connect({port, host, allowHalfOpen: true});
	await once(socket, 'connect');
	return socket;
};

test('a half-closed client still gets its answer', async t => {
	const port = await listen(t, connection => {
		void text(connection).then(heard => connection.end(`heard ${heard}`));
	});
	const [published] = await open(t).replace([forwardTo(port)]);
	const client = await connect(published!.hostPort);
	client.end('hello');
	t.is(await text(client), 'heard hello');
});

test('a half-closed container still receives data', async t => {
	const heard = Promise.withResolvers<string>();
	const port = await listen(t, connection => {
		connection.end('all');
		heard.resolve(text(connection));
	});
	const [published] = await open(t).replace([forwardTo(port)]);
	const client = await connect(published!.hostPort);
	t.is(await text(client), 'all');
	client.end('thanks');
	t.is(await heard.promise, 'thanks');
});

test('bytes pass unchanged both ways, also when the reader is slow', async t => {
	const port = await listen(t, echo);
	const [published] = await open(t).replace([forwardTo(port)]);
	const client = await connect(published!.hostPort);
	const sent = Buffer.alloc(24 * 1024 * 1024);
	for (let offset = 0; offset < sent.length; offset += 4) {
		sent.writeUInt32LE((offset * 2_654_435_761) % 4_294_967_296, offset);
	}

	client.end(sent);
	const received: Uint8Array[] = [];
	let count = 0;
	for await (const chunk of client) {
		received.push(chunk as Uint8Array);
		if (++count % 64 === 0) {
			await sleep(5);
		}
	}

	t.true(Buffer.concat(received).equals(sent));
});

test('a client whose container refuses is disconnected', async t => {
	const server = net.createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as net.AddressInfo;
	server.close();
	await once(server, 'close');
	const [published] = await open(t).replace([forwardTo(port)]);
	const client = net.connect(published!.hostPort, '127.0.0.1');
	const [error] = await once(client, 'error') as [NodeJS.ErrnoException];
	t.is(error.code, 'ECONNRESET');
});

test('a reset on one side resets the other', async t => {
	const port = await listen(t, connection => {
		connection.once('data', () => {
			connection.resetAndDestroy();
		});
	});
	const [published] = await open(t).replace([forwardTo(port)]);
	const client = await connect(published!.hostPort);
	client.write('x');
	const [error] = await once(client, 'error') as [NodeJS.ErrnoException];
	t.is(error.code, 'ECONNRESET');
});

test('connections to containers come from the local address', async t => {
	const port = await listen(t, connection => {
		connection.end(connection.remoteAddress ?? '');
	});
	const [published] = await open(t, '127.9.9.9').replace([forwardTo(port)]);
	t.is(await text(await connect(published!.hostPort)), '127.9.9.9');
});

test('a port in use is a conflict in Docker\'s words and changes nothing', async t => {
	const port = await listen(t, echo);
	const taken = await listen(t, echo);
	const forwards = open(t);
	const [published] = await forwards.replace([forwardTo(port)]);
	const client = await connect(published!.hostPort);
	const error = await t.throwsAsync<HolmError>(forwards.replace([
		forwardTo(port, {id: 'first'}),
		forwardTo(port, {id: 'second', hostPort: taken}),
	]), {instanceOf: HolmError});
	t.is(error.code, 'conflict');
	t.is(error.message, `Bind for 127.0.0.1:${taken} failed: port is already allocated`);
	t.regex(error.remedy!, new RegExp(`lsof -i tcp:${taken}`, 'v'));
	client.end('still here');
	t.is(await text(client), 'still here');
});

test('an address that the host does not have is refused', async t => {
	const error = await t.throwsAsync<HolmError>(open(t).replace([forwardTo(80, {hostAddress: '192.0.2.1'})]), {instanceOf: HolmError});
	t.is(error.code, 'invalid');
	t.regex(error.message, /^Bind for 192\.0\.2\.1:0 failed/v);
});

test('what is no address is refused', async t => {
	await t.throwsAsync(open(t).replace([forwardTo(80, {hostAddress: 'localhost'})]), {instanceOf: HolmError, message: /"localhost"/v});
	await t.throwsAsync(open(t).replace([forwardTo(70_000)]), {instanceOf: HolmError, message: /70000/v});
});

test('an unchanged forward keeps its port and connections, a removed one loses them', async t => {
	const port = await listen(t, echo);
	const forwards = open(t);
	const wanted = [forwardTo(port, {id: 'stays'}), forwardTo(port, {id: 'goes'})];
	const [stays, goes] = await forwards.replace(wanted);
	const [kept, lost] = [await connect(stays!.hostPort), await connect(goes!.hostPort)];
	lost.resume();
	const loss = once(lost, 'error');
	const [again] = await forwards.replace([wanted[0]!]);
	t.deepEqual(again, stays);
	await loss;
	kept.end('kept');
	t.is(await text(kept), 'kept');
	const [error] = await once(net.connect(goes!.hostPort, '127.0.0.1'), 'error') as [NodeJS.ErrnoException];
	t.is(error.code, 'ECONNREFUSED');
});

test('a port passes to a new target', async t => {
	const says = (word: string) => (connection: net.Socket) => {
		connection.end(word);
	};

	const [first, second] = [await listen(t, says('first')), await listen(t, says('second'))];
	const forwards = open(t);
	const [published] = await forwards.replace([forwardTo(first)]);
	await forwards.replace([forwardTo(second, {id: 'other', hostPort: published!.hostPort})]);
	t.is(await text(await connect(published!.hostPort)), 'second');
});

test('a port without an address listens on both families, with one number, or on neither', async t => {
	const port = await listen(t, echo);
	const forwards = open(t);
	for (const protocol of ['tcp', 'udp'] as const) {
		const [four, six, ...rest] = await forwards.replace([forwardTo(port, {hostAddress: '', protocol})]);
		t.deepEqual([four!.hostAddress, six!.hostAddress, rest], ['0.0.0.0', '::', []]);
		t.is(four!.hostPort, six!.hostPort);
		t.deepEqual(await forwards.replace([forwardTo(port, {hostAddress: '', protocol})]), [four, six], 'the chosen port is kept');
	}

	const [only] = await forwards.replace([forwardTo(port, {hostAddress: '::'})]);
	const wanted = [only!, forwardTo(port, {id: 'b', hostAddress: '', hostPort: only!.hostPort})];
	const {message, code} = (await t.throwsAsync<HolmError>(forwards.replace(wanted), {instanceOf: HolmError}));
	t.deepEqual([code, message], ['conflict', `Bind for [::]:${only!.hostPort} failed: port is already allocated`]);
	await t.throwsAsync(connect(only!.hostPort), {code: 'ECONNREFUSED'}, 'nothing listens on IPv4');
	const client = await connect(only!.hostPort, '::1');
	client.end('six');
	t.is(await text(client), 'six');
	const older = createForwards(undefined, () => false);
	t.teardown(older.close);
	t.deepEqual((await older.replace([forwardTo(port, {hostAddress: ''})])).map(({hostAddress}) => hostAddress), ['0.0.0.0'], 'a host without IPv6');
});

test('IPv6 and IPv4 share a port number', async t => {
	const port = await listen(t, echo);
	const forwards = open(t);
	/** Retries with another port, because a port that is free in IPv6 may be in use in IPv4. */
	const listenOnBoth = async (attempts: number): Promise<readonly Forward[]> => {
		const [six] = await forwards.replace([forwardTo(port, {hostAddress: '::'})]);
		try {
			return await forwards.replace([six!, forwardTo(port, {hostAddress: '0.0.0.0', hostPort: six!.hostPort})]);
		} catch (error) {
			await forwards.replace([]);
			if (attempts <= 1) {
				throw error;
			}

			return listenOnBoth(attempts - 1);
		}
	};

	const [six, four] = await listenOnBoth(20);
	for (const [host, {hostPort}] of [['::1', six!], ['127.0.0.1', four!]] as const) {
		const client = await connect(hostPort, host);
		client.end(host);
		t.is(await text(client), host);
	}
});

const echoDatagrams = async (t: ExecutionContext) => {
	const server = dgram.createSocket('udp4');
	const clients = new Set<number>();
	server.on('message', (message, {port, address}) => {
		clients.add(port);
		server.send(message, port, address);
	});
	server.bind(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.close();
	});
	return {port: server.address().port, clients};
};

const exchange = async (t: ExecutionContext, port: number, message: string) => {
	const client = dgram.createSocket('udp4');
	t.teardown(() => {
		client.close();
	});
	client.send(message, port, '127.0.0.1');
	const [answer] = await once(client, 'message', {signal: AbortSignal.timeout(5000)}) as [Uint8Array];
	return Buffer.from(answer).toString();
};

test('each UDP client has a session of its own', async t => {
	const {port, clients} = await echoDatagrams(t);
	const [published] = await open(t).replace([forwardTo(port, {protocol: 'udp'})]);
	t.is(await exchange(t, published!.hostPort, 'one'), 'one');
	t.is(await exchange(t, published!.hostPort, 'two'), 'two');
	t.is(clients.size, 2);
});

test('UDP sessions are bounded, and newcomers are served', async t => {
	const {port} = await echoDatagrams(t);
	const [published] = await open(t).replace([forwardTo(port, {protocol: 'udp'})]);
	const clients = Array.from({length: maximumSessions + 50}, () => dgram.createSocket('udp4'));
	for (const client of clients) {
		client.send('x', published!.hostPort, '127.0.0.1');
		await once(client, 'message', {signal: AbortSignal.timeout(5000)});
		client.close();
	}

	t.is(await exchange(t, published!.hostPort, 'late'), 'late');
});

test('forwards and chosen ports outlive the daemon\'s connection and a dead worker', async t => {
	const directory = await mkdtemp(path.join(os.tmpdir(), 'holm-'));
	t.teardown(async () => rm(directory, {recursive: true}));
	const port = await listen(t, echo);
	const forwarder = await openForwarder({directory});
	t.teardown(forwarder.close);
	const [published] = await forwarder.replace([forwardTo(port)]);
	const again = await openForwarder({directory});
	// A forwarder that is not closed restarts its worker.
	t.teardown(again.close);
	t.deepEqual(await again.replace([forwardTo(port)]), [published]);
	const busy = await listen(t, echo);
	const error = await t.throwsAsync<HolmError>(again.replace([forwardTo(port), forwardTo(port, {id: 'b', hostPort: busy})]), {instanceOf: HolmError});
	t.is(error.code, 'conflict');
	const {pid} = JSON.parse(await readFile(path.join(directory, 'forwarder.pid'), 'utf8')) as {pid: number};
	process.kill(pid, 'SIGKILL');
	// Answered by the next worker, which got the old one's state.
	t.deepEqual(await again.replace([forwardTo(port)]), [published]);
	const client = await connect(published!.hostPort);
	client.end('hello');
	t.is(await text(client), 'hello');
});

test('without a port there is no forwarder, and the last port leaves it running', async t => {
	const directory = await mkdtemp(path.join(os.tmpdir(), 'holm-'));
	t.teardown(async () => rm(directory, {recursive: true}));
	const forwarder = await openForwarder({directory});
	t.teardown(forwarder.close);
	t.deepEqual(await forwarder.replace([]), []);
	t.deepEqual(await readdir(directory), []);
	const [published] = await forwarder.replace([forwardTo(await listen(t, echo))]);
	t.deepEqual(await forwarder.replace([]), []);
	await t.throwsAsync(connect(published!.hostPort), {code: 'ECONNREFUSED'});
	t.true((await readdir(directory)).includes('forwarder.sock'));
});

test('a host that was booted without IPv6 says so, and what to publish on', t => {
	// Node has this of socket(2).
	const cause = Object.assign(new Error('listen EAFNOSUPPORT: address family not supported :::8080'), {code: 'EAFNOSUPPORT'});
	const {code, message, remedy} = bindError(forwardTo(80, {hostAddress: '::', hostPort: 8080}), cause);
	t.deepEqual([code, message, remedy], ['invalid', 'Bind for [::]:8080 failed: this host has no IPv6', 'publish on an IPv4 address: 0.0.0.0:8080 is all of them']);
});
