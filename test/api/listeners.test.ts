import {mkdtemp, readFile, rm, stat} from 'node:fs/promises';
import {createServer, get, type Server} from 'node:http';
import https from 'node:https';
import {once} from 'node:events';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {text} from 'node:stream/consumers';
import net from 'node:net';
import test from 'ava';
import {assertSafe, listenOn} from '../../source/api/listeners.js';
import {createApiServer} from '../../source/api/server.js';
import {createMemoryEngine} from '../../source/backends/memory/engine.js';
import type {HolmError} from '../../source/engine/errors.js';
import {run} from '../../source/host/run.js';
import {configuration} from '../engine/resources.js';
import {freePort} from './helpers/free-port.js';

const hasOpenssl = await run('openssl', ['version']).then(() => true, () => false);
const tlsTest = hasOpenssl ? test : test.skip;

const hello = (): Server => createServer((_request, response) => {
	response.end('hello');
});

test('only loopback may be listened on without certificates, and only where that was asked for', t => {
	for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) {
		t.notThrows(() => {
			assertSafe({kind: 'tcp', host, port: 2375, isInsecure: true});
		});
		const {remedy} = t.throws<HolmError>(() => {
			assertSafe({kind: 'tcp', host, port: 2375});
		}, {code: 'invalid', message: /every user .* root on this host/v});
		t.regex(remedy!, /unix socket.*--tls-ca.*--insecure-tcp/v);
	}

	for (const host of ['0.0.0.0', '::', '192.168.1.1', '127.0.0.1.example.org', '1270.0.0.1']) {
		t.throws(() => {
			assertSafe({kind: 'tcp', host, port: 2375, isInsecure: true});
		}, {code: 'invalid'});
	}

	t.throws(() => {
		assertSafe({kind: 'tcp', host: '0.0.0.0', port: 2376, tls: {cert: 'c', key: 'k'}});
	}, {code: 'invalid', message: /authority/v});
});

test('a socket is its owner\'s and its group\'s, and several addresses serve the same', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'hl-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	const server = hello();
	const socketPath = path.join(directory, 's');
	const port = await freePort();
	const closers = [await listenOn(server, {kind: 'unix', path: socketPath}), await listenOn(server, {kind: 'tcp', host: '127.0.0.1', port, isInsecure: true})];
	t.teardown(() => {
		for (const close of closers) {
			close();
		}

		server.closeAllConnections();
	});
	const {mode} = await stat(socketPath);
	t.is(mode & 0o777, 0o660);
	for (const options of [{socketPath}, {host: '127.0.0.1', port}]) {
		const request = get({...options, agent: false});
		const [response] = await once(request, 'response') as [NodeJS.ReadableStream];
		t.is(await text(response), 'hello');
	}

	await t.throwsAsync(listenOn(server, {kind: 'tcp', host: '127.0.0.1', port, isInsecure: true}), {code: 'conflict', message: /in use/v});
	await t.throwsAsync(listenOn(server, {kind: 'unix', path: path.join(directory, 'no/such')}), {code: 'invalid'});
});

test('a client that closes its half of a session still gets the rest of the output', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'hl-'));
	const memory = createMemoryEngine();
	const server = createApiServer(memory);
	const socketPath = path.join(directory, 's');
	const close = await listenOn(server, {kind: 'unix', path: socketPath});
	t.teardown(async () => {
		close();
		server.closeAllConnections();
		memory.close();
		await rm(directory, {recursive: true, force: true});
	});
	const {id} = await memory.createContainer(configuration({image: 'alpine/bash', command: ['sleep', '100']}));
	await memory.startContainer(id);
	for (const isTerminal of [false, true]) {
		const execId = await memory.createExec(id, {
			command: ['sh', '-c', 'sleep 0.2; echo late'], terminal: isTerminal, stdin: false, environment: [], privileged: false,
		});
		// As Docker's clients do where nothing is typed.
		const socket = net.connect({path: socketPath, allowHalfOpen: true});
		const body = `{"Detach":false,"Tty":${isTerminal}}`;
		socket.end(`POST /v1.47/exec/${execId}/start HTTP/1.1\r\nHost: engine\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
		t.regex(await text(socket), /^HTTP\/1\.1 101 [\s\S]*late\r?\n$/v, `terminal: ${isTerminal}`);
	}
});

tlsTest(`with certificates only clients of the authority come in${hasOpenssl ? '' : ' (needs openssl)'}`, async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'hl-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	const in_ = (name: string) => path.join(directory, name);
	const authority = async (name: string) => run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', `/CN=${name}`, '-keyout', in_(`${name}.key`), '-out', in_(`${name}.crt`)]);
	const sign = async (name: string, by: string) => {
		await run('openssl', ['req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-keyout', in_(`${name}.key`), '-out', in_(`${name}.csr`)]);
		await run('openssl', ['x509', '-req', '-in', in_(`${name}.csr`), '-CA', in_(`${by}.crt`), '-CAkey', in_(`${by}.key`), '-CAcreateserial', '-days', '1', '-out', in_(`${name}.crt`)]);
	};

	await Promise.all([authority('ours'), authority('theirs')]);
	await sign('server', 'ours');
	await sign('friend', 'ours');
	await sign('stranger', 'theirs');
	const read = async (name: string) => readFile(in_(name), 'utf8');
	const server = hello();
	const port = await freePort();
	const close = await listenOn(server, {
		kind: 'tcp', host: '127.0.0.1', port, tls: {ca: await read('ours.crt'), cert: await read('server.crt'), key: await read('server.key')},
	});
	t.teardown(() => {
		close();
		server.closeAllConnections();
	});
	const ask = async (name?: string) => {
		const request = https.get({
			host: '127.0.0.1', servername: 'localhost', port, agent: false, ca: await read('ours.crt'),
			...name !== undefined && {cert: await read(`${name}.crt`), key: await read(`${name}.key`)},
		});
		const [response] = await once(request, 'response') as [NodeJS.ReadableStream];
		return text(response);
	};

	t.is(await ask('friend'), 'hello');
	await t.throwsAsync(ask('stranger'));
	await t.throwsAsync(ask());
	t.is(await ask('friend'), 'hello');
});
