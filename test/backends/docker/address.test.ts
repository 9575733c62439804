import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import net from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {createDockerEngine} from '../../../source/backends/docker/engine.js';
import {describeAddress, parseAddress} from '../../../source/wire/addresses.js';
import {connectionError} from '../../../source/backends/docker/failures.js';
import {HolmError} from '../../../source/engine/errors.js';

test('addresses as Docker writes them', t => {
	t.deepEqual(parseAddress('unix:///run/holm.sock'), {kind: 'unix', path: '/run/holm.sock'});
	t.deepEqual(parseAddress('unix:///run/with space/x'), {kind: 'unix', path: '/run/with space/x'});
	t.deepEqual(parseAddress('tcp://localhost:2375'), {kind: 'tcp', host: 'localhost', port: 2375});
	t.deepEqual(parseAddress('tcp://[::1]:2375/'), {kind: 'tcp', host: '::1', port: 2375});
	t.deepEqual(parseAddress('ssh://alias'), {kind: 'ssh', host: 'alias'});
	t.deepEqual(parseAddress('ssh://me@host.example:2222/'), {kind: 'ssh', user: 'me', host: 'host.example', port: 2222});
	t.deepEqual(parseAddress('ssh://[::1]:22/run/my engine.sock'), {kind: 'ssh', host: '::1', port: 22, path: '/run/my engine.sock'});
	for (const text of ['/run/holm.sock', 'tcp://[::1]:2375', 'ssh://alias', 'ssh://me@[::1]:2222/run/x.sock']) {
		t.is(describeAddress(text.startsWith('/') ? {kind: 'unix', path: text} : parseAddress(text)), text);
	}
});

test('other addresses are refused with what there is', t => {
	for (const text of ['', 'unix://', 'unix://relative', 'unix:///a\0b', '/run/x.sock', 'tcp://', 'tcp://host', 'tcp://host:0', 'tcp://host:65536', 'tcp://host:1/x', 'tcp://a b:1', 'tcp://user@host:1', 'http://host:1', 'npipe:////./pipe/x', 'ssh://', 'ssh:///run/x', 'ssh://me@', 'ssh://-oProxyCommand=x', 'ssh://me:secret@host', 'ssh://host:0', 'ssh://host:65536', 'ssh://a b', 'ssh://a\u{1B}@b', 'ssh://host/a\0b', 'x'.repeat(10_000)]) {
		const error = t.throws(() => parseAddress(text), {instanceOf: HolmError, code: 'invalid'}, text);
		t.truthy(error.remedy);
		t.true(error.message.length < 400);
	}
});

test('an engine that is not there is named, with what starts it', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-address-'));
	t.teardown(async () => rm(directory, {recursive: true}));
	const absent = path.join(directory, 'absent.sock');
	const file = path.join(directory, 'file');
	await writeFile(file, '');
	const stale = path.join(directory, 'stale.sock');
	const server = net.createServer();
	await new Promise<void>(resolve => {
		server.listen(stale, resolve);
	});
	t.teardown(() => {
		server.close();
	});
	for (const socket of [absent, file, path.join(file, 'below'), path.join(directory, 'holm.sock')]) {
		const engine = createDockerEngine({kind: 'unix', path: socket});
		for (const verb of [async () => engine.containers(), async () => engine.attachContainer('x'), async () => Array.fromAsync(engine.events()), async () => engine.snapshot()]) {
			const error = await t.throwsAsync(verb, {instanceOf: HolmError, code: 'unavailable'});
			t.true(error.message.includes(socket), error.message);
			t.is(error.remedy, socket.endsWith('holm.sock') ? 'holm system start' : 'check the address, and start the engine that listens there');
		}
	}
});

test('an engine that may not be spoken to says who may', t => {
	const error = connectionError(Object.assign(new Error('connect EACCES'), {code: 'EACCES'}), {kind: 'unix', path: '/run/holm.sock'});
	t.is(error.code, 'forbidden');
	t.true(error.message.includes('/run/holm.sock'));
	t.regex(error.remedy ?? '', /root.*group/v);
});

test('what listens and is no engine is told from one', async t => {
	const server = net.createServer(socket => {
		socket.on('error', () => undefined);
		socket.end('SSH-2.0-OpenSSH_9.2\r\n');
	});
	await new Promise<void>(resolve => {
		server.listen(0, '127.0.0.1', resolve);
	});
	t.teardown(() => server.close());
	const {port} = server.address() as net.AddressInfo;
	const error = await t.throwsAsync(createDockerEngine({kind: 'tcp', host: '127.0.0.1', port}).version(), {instanceOf: HolmError, code: 'unavailable'});
	t.true(error.message.includes(`tcp://127.0.0.1:${port}`));
	t.regex(error.message, /not a container engine/v);

	const refused = await t.throwsAsync(createDockerEngine({kind: 'tcp', host: '127.0.0.1', port: 1}).version(), {instanceOf: HolmError, code: 'unavailable'});
	t.regex(refused.message, /^cannot reach the engine at tcp:\/\/127\.0\.0\.1:1: ./v);
});

test('an engine on another host that accepts and stays silent is given up; one that has answered may take its time', async t => {
	const listen = async (onConnection: (socket: net.Socket) => void) => {
		const sockets = new Set<net.Socket>();
		const server = net.createServer(socket => {
			sockets.add(socket);
			socket.on('error', () => undefined);
			onConnection(socket);
		});
		await new Promise<void>(resolve => {
			server.listen(0, '127.0.0.1', resolve);
		});
		t.teardown(() => {
			server.close();
			for (const socket of sockets) {
				socket.destroy();
			}
		});
		return (server.address() as net.AddressInfo).port;
	};

	let asked = 0;
	const silent = await listen(() => {
		asked++;
	});
	const options = {contactMilliseconds: 50};
	const engine = createDockerEngine({kind: 'tcp', host: '127.0.0.1', port: silent}, options);
	for (const verb of [async () => engine.containers(), async () => engine.attachContainer('x', {stdin: false}), async () => engine.version()]) {
		const error = await t.throwsAsync(verb(), {instanceOf: HolmError, code: 'unavailable'});
		t.is(error.message, `cannot reach the engine at tcp://127.0.0.1:${silent}: it did not answer within 0.05 seconds`);
		t.regex(error.remedy ?? '', /check whether an engine listens there; for TLS, set HOLM_CERT_PATH/v);
	}

	t.is(asked, 3, 'each is another try');

	const answer = (body: string) => `HTTP/1.1 200 OK\r\nServer: Holm/1\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
	const slow = await listen(socket => {
		socket.on('data', chunk => {
			const isPing = chunk.toString().startsWith('HEAD /_ping');
			setTimeout(() => {
				socket.write(isPing ? answer('').replace('Content-Length: 0', 'Content-Length: 2') : answer('[]'));
			}, isPing ? 0 : 150);
		});
	});
	t.deepEqual(await createDockerEngine({kind: 'tcp', host: '127.0.0.1', port: slow}, options).images(), []);
});
