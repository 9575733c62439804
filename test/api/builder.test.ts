import {once} from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net, {type AddressInfo} from 'node:net';
import type {Duplex} from 'node:stream';
import test from 'ava';
import type {Builder, BuilderConfiguration, BuildStep} from '../../source/engine/builder.js';
import type {Snapshot} from '../../source/engine/snapshot.js';
import {decodeSteps} from '../../source/wire/decode/builder.js';
import {container} from '../engine/resources.js';
import {HolmError} from '../../source/engine/errors.js';
import {createDockerEngine} from '../../source/backends/docker/engine.js';
import {ask, serve} from './helpers/serve.js';

const builder: Builder = {
	state: 'running', id: 'a'.repeat(64), cpus: 2, memoryBytes: 4096, diskBytes: 8192, keepSeconds: 0, usedBytes: 12, connections: 3,
};

const steps: readonly BuildStep[] = [{step: 1, pid: 5, elapsedSeconds: 61, command: 'sh -c "sleep 9"'}];

test('what a client asks of the builder reaches it, and comes back', async t => {
	const calls: unknown[] = [];
	const {socketPath} = await serve(t, {
		builder: {
			status: async () => builder,
			steps: async () => steps,
			async start() {
				calls.push('start');
			},
			async stop(options) {
				calls.push(['stop', options]);
			},
			async update(change: Partial<BuilderConfiguration>) {
				calls.push(['update', change]);
			},
			prune: async () => ({removed: ['x'], freedBytes: 7}),
			async remove(options) {
				calls.push(['remove', options]);
				throw new HolmError('conflict', 'it builds', {remedy: 'wait'});
			},
		},
	});
	const engine = createDockerEngine({kind: 'unix', path: socketPath});
	t.deepEqual(await engine.builder!.status(), builder);
	t.deepEqual(await engine.builder!.steps(), steps);
	await engine.builder!.start();
	await engine.builder!.stop({isForced: true});
	await engine.builder!.stop();
	await engine.builder!.update({cpus: 4, keepSeconds: 0});
	t.deepEqual(await engine.builder!.prune(), {removed: ['x'], freedBytes: 7});
	await t.throwsAsync(engine.builder!.remove(), {message: 'it builds'});
	await t.throwsAsync(engine.builder!.remove({isForced: true}));
	t.deepEqual(calls, ['start', ['stop', {isForced: true}], ['stop', {isForced: false}], ['update', {cpus: 4, keepSeconds: 0}], ['remove', {isForced: false}], ['remove', {isForced: true}]]);
});

test('a snapshot has the builder apart from the containers, or none', async t => {
	const id = 'b'.repeat(64);
	let given: Snapshot = {
		readAt: 1, containers: [], networks: [], images: [], volumes: [], stats: {}, builder: {status: {...builder, id}, container: container({id, name: 'holm-builder', role: 'builder'})},
	};
	const {socketPath} = await serve(t, {snapshot: async () => given});
	const engine = createDockerEngine({kind: 'unix', path: socketPath});
	const snapshot = await engine.snapshot();
	t.deepEqual(snapshot.builder?.status, {...builder, id});
	t.like(snapshot.builder?.container, {id, name: 'holm-builder', role: 'builder', status: {state: 'running'}});
	t.deepEqual(snapshot.containers, []);
	given = {...given, builder: undefined};
	t.false('builder' in await engine.snapshot());
});

test('what an engine says of steps is checked', t => {
	t.deepEqual(decodeSteps({steps: [{step: 1, pid: 2, elapsedSeconds: 3, command: 'x', more: 1}]}), [{step: 1, pid: 2, elapsedSeconds: 3, command: 'x'}]);
	t.deepEqual(decodeSteps({}), []);
	for (const wrong of ['x', ['x'], [{command: 1}], [{pid: '1'}]]) {
		t.throws(() => decodeSteps({steps: wrong}), {code: 'invalid'});
	}
});

/** A server that stands for the builder's API. */
const withServer = async (t: Parameters<typeof serve>[0], listener: http.RequestListener) => {
	const server = http.createServer(listener);
	server.on('upgrade', (request, socket: Duplex) => {
		socket.write(`HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`);
		socket.on('data', (chunk: Uint8Array) => {
			socket.write(`${request.url} heard ${Buffer.from(chunk).toString()}`);
		});
		socket.on('end', () => {
			socket.end();
		});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.close();
		server.closeAllConnections();
	});
	let collected = 0;
	const served = await serve(t, {
		builderChannel: {
			connect: async () => net.connect((server.address() as AddressInfo).port, '127.0.0.1'),
			async collect() {
				collected++;
			},
		},
	});
	return {...served, collected: () => collected};
};

test('calls are refused with the reason if the builder does not start, not their connection', async t => {
	const {socketPath} = await serve(t, {
		builderChannel: {
			async connect() {
				throw new HolmError('unavailable', 'the builder ended as it started: 100 % “gone”', {remedy: 'holm builder logs says why'});
			},
			collect: async () => undefined,
		},
	});
	const request = http.request({
		socketPath, path: '/grpc', method: 'POST', headers: {Connection: 'Upgrade', Upgrade: 'h2c'},
	}).end();
	const [answer, socket, head] = await once(request, 'upgrade') as [http.IncomingMessage, Duplex, Uint8Array];
	t.is(answer.statusCode, 101);
	t.is(answer.headers.upgrade, 'h2c');
	socket.unshift(head);
	const client = http2.connect('http://x', {createConnection: () => socket});
	for (const path of ['/moby.buildkit.v1.Control/ListWorkers', '/other']) {
		const call = client.request({':method': 'POST', ':path': path});
		call.resume();
		const [headers] = await once(call, 'response') as [http2.IncomingHttpHeaders];
		t.is(headers['grpc-status'], '14');
		t.is(decodeURIComponent(String(headers['grpc-message'])), 'the builder ended as it started: 100 % “gone” (holm builder logs says why)');
	}

	client.close();
	await once(socket, 'close');
	const plain = await ask({socketPath}, '/session', {method: 'POST'});
	t.is(plain.status, 503);
});

test('connections of BuildKit are carried in both directions, without the version of the client', async t => {
	const {socketPath} = await withServer(t, () => undefined);
	for (const path of ['/session', '/grpc']) {
		const socket = net.connect(socketPath);
		socket.write(`POST /v1.51${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`);
		const [head] = await once(socket, 'data') as [Uint8Array];
		t.regex(Buffer.from(head).toString(), /^HTTP\/1\.1 101 /v);
		socket.write('hello');
		const [answer] = await once(socket, 'data') as [Uint8Array];
		t.is(Buffer.from(answer).toString(), `${path} heard hello`);
		socket.end();
		await once(socket, 'close');
	}
});

test('the answer of a build ends after its result is in the engine', async t => {
	const served = await withServer(t, (request, response) => {
		request.resume();
		request.on('end', () => {
			response.end(`${request.url} ${String(request.headers['x-registry-config'])}\n`);
		});
	});
	const {status, body} = await ask(served, '/v1.47/build?version=2&t=x', {method: 'POST', headers: {'Content-Type': 'application/x-tar', 'X-Registry-Config': 'e30='}, body: 'context'});
	t.is(status, 200);
	t.is(body.toString(), '/build?version=2&t=x e30=\n');
	t.is(served.collected(), 1);
});

test('the classic builder is refused another platform, whose name it would give to the host\'s; BuildKit is not', async t => {
	const served = await withServer(t, (request, response) => {
		request.resume();
		response.end();
	});
	const build = async (platform: string) => ask(served, `/build?platform=${encodeURIComponent(platform)}`, {method: 'POST', body: ''});
	for (const own of ['', 'linux', 'linux/amd64', 'Linux/x86_64', 'linux/amd64/v2']) {
		t.is((await build(own)).status, 200, own);
	}

	for (const other of ['linux/arm64', 'windows/amd64', 'linux/amd64,linux/arm64']) {
		const {status, json} = await build(other);
		t.is(status, 501, other);
		t.regex((json as {message: string}).message, /^an image for ".*" cannot be built on this host: its VMs are linux\/amd64 \(leave out the platform, or build with BuildKit\)$/v);
	}

	t.is((await ask(served, '/build?version=2&platform=linux%2Farm64', {method: 'POST', body: ''})).status, 200);
});

test('a builder that ends in the middle of a build is an error in the answer', async t => {
	const served = await withServer(t, (request, response) => {
		request.resume();
		response.write('{"stream":"one"}\r\n');
		setImmediate(() => {
			response.destroy();
		});
	});
	const {status, body} = await ask(served, '/build?version=2', {method: 'POST', body: ''});
	t.is(status, 200);
	t.regex(body.toString(), /^\{"stream":"one"\}\r\n\{"errorDetail":\{"message":"the builder ended during the build/v);
});

test('a ping tells whether there is BuildKit', async t => {
	t.is((await ask(await withServer(t, () => undefined), '/_ping')).headers['builder-version'], '2');
	t.is((await ask(await serve(t, {}), '/_ping')).headers['builder-version'], '1');
});
