import {once} from 'node:events';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import net from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {Duplex, Readable} from 'node:stream';
import {buffer} from 'node:stream/consumers';
import {connect as connectTls} from 'node:tls';
import test, {type ExecutionContext} from 'ava';
import {listenOn, type Listening} from '../../source/api/listeners.js';
import {createApiServer} from '../../source/api/server.js';
import type {Engine} from '../../source/engine/engine.js';
import {run} from '../../source/host/run.js';
import {container} from '../engine/resources.js';
import {freePort} from './helpers/free-port.js';
import {createFakeSession} from './helpers/sessions.js';

const hasOpenssl = await run('openssl', ['version']).then(() => true, () => false);
const tlsTest = hasOpenssl ? test : test.skip;

const directoryOf = async (t: ExecutionContext): Promise<string> => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-access-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	return directory;
};

/** Serves the verbs that web pages would abuse at each address, and notes those that are reached. */
const serve = async (t: ExecutionContext, addresses: readonly Listening[]): Promise<{readonly reached: string[]}> => {
	const reached: string[] = [];
	const drain = async function * (what: string, tar: Readable) {
		reached.push(`${what} ${String(await buffer(tar))}`);
		yield {text: 'done\n'};
	};

	const server = createApiServer({
		version: async () => ({
			name: 'Holm', version: '1', apiVersion: '1.47', minimumApiVersion: '1.40', os: 'linux', architecture: 'amd64', kernel: '6',
		}),
		container: async () => container(),
		async attachContainer() {
			reached.push('attach');
			const fake = createFakeSession();
			fake.exit();
			return fake.session;
		},
		buildImage: (tar: Readable) => drain('build', tar),
		loadImages: (tar: Readable) => drain('load', tar),
	} as unknown as Engine);
	const closers = await Promise.all(addresses.map(async address => listenOn(server, address)));
	t.teardown(() => {
		for (const close of closers) {
			close();
		}

		server.closeAllConnections();
	});
	return {reached};
};

const statusOf = (text: string): number => Number(/^HTTP\/1\.1 (?<status>\d+) /v.exec(text)?.groups?.status);

/** What one request that is written by hand gets, up to the end of the connection. */
const answer = async (connection: Duplex, head: readonly string[], body = ''): Promise<{readonly status: number; readonly text: string}> => {
	connection.write([...head, 'Connection: close', `Content-Length: ${body.length}`, '', body].join('\r\n'));
	const text = String(await buffer(connection));
	return {status: statusOf(text), text};
};

const webSocket = 'GET /v1.47/containers/x/attach/ws?stream=1&stdout=1 HTTP/1.1';
const handshake = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg=='];

const fromPages: readonly string[] = ['Origin: https://evil.example', 'Origin: null', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Site: same-origin', 'sec-fetch-site: none'];

test('what a web page asks for is refused on every listener, sessions included', async t => {
	const directory = await directoryOf(t);
	const socketPath = path.join(directory, 's');
	const port = await freePort();
	const {reached} = await serve(t, [{kind: 'unix', path: socketPath}, {kind: 'tcp', host: '127.0.0.1', port, isInsecure: true}]);
	const requests: ReadonlyArray<readonly string[]> = [
		['GET /_ping HTTP/1.1'],
		['POST /v1.47/build?t=x HTTP/1.1', 'Content-Type: application/x-tar'],
		['POST /images/load HTTP/1.1', 'Content-Type: application/x-tar'],
		['POST /containers/x/attach?stream=1&stdout=1 HTTP/1.1'],
		['POST /containers/x/attach?stream=1&stdout=1 HTTP/1.1', 'Upgrade: tcp', 'Connection: Upgrade'],
		[webSocket, ...handshake],
		['OPTIONS /images/load HTTP/1.1'],
	];
	for (const connect of [() => net.connect(socketPath), () => net.connect(port, '127.0.0.1')]) {
		for (const [line = '', ...headers] of requests) {
			for (const header of fromPages) {
				const {status, text} = await answer(connect(), [line, 'Host: localhost', header, ...headers]);
				t.is(status, 403, `${line}, ${header}: ${text}`);
				t.regex(text, /web page.*Docker API/v);
			}
		}

		t.deepEqual(reached, []);
		t.is((await answer(connect(), ['GET /_ping HTTP/1.1', 'Host: localhost'])).status, 200);
	}
});

test('a WebSocket may come from the engine\'s own address, as Python\'s do, and from no other', async t => {
	const directory = await directoryOf(t);
	const socketPath = path.join(directory, 's');
	const port = await freePort();
	const {reached} = await serve(t, [{kind: 'unix', path: socketPath}, {kind: 'tcp', host: '127.0.0.1', port, isInsecure: true}]);
	// A WebSocket waits half a minute for the client's farewell.
	const status = async (connection: Duplex, host: string, ...headers: readonly string[]) => {
		connection.write([webSocket, `Host: ${host}`, ...handshake, ...headers, '', ''].join('\r\n'));
		const [head] = await once(connection, 'data') as [Uint8Array];
		connection.destroy();
		return statusOf(String(head));
	};

	const [own, other] = [`127.0.0.1:${port}`, `127.0.0.1:${port + 1}`];
	const tcp = () => net.connect(port, '127.0.0.1');
	for (const [host, origin] of [
		[own, `http://${other}`], [own, `http://localhost:${port}`], [own, 'http://127.0.0.1'], [own, `ftp://${own}`], [own, `http://${own}/`], [own, 'null'],
		[`evil.example:${port}`, `http://evil.example:${port}`], ['undefined', 'http://undefined'],
	] as const) {
		t.is(await status(tcp(), host, `Origin: ${origin}`), 403, origin);
	}

	t.is(await status(tcp(), own, `Origin: http://${own}`, 'Sec-Fetch-Site: same-origin'), 403);
	// A socket that somebody forwards has no names to check.
	t.is(await status(net.connect(socketPath), own, `Origin: http://${own}`), 403);
	for (const target of ['/_ping', '/containers/json#/attach/ws', '/v1.47/containers/json#x/attach/ws?stream=1']) {
		t.is((await answer(tcp(), [`GET ${target} HTTP/1.1`, `Host: ${own}`, `Origin: http://${own}`])).status, 403, target);
	}

	t.deepEqual(reached, []);
	t.is(await status(tcp(), own, `Origin: http://${own}`), 101);
	t.is(await status(net.connect(socketPath), 'localhost'), 101);
	t.deepEqual(reached, ['attach', 'attach']);
});

test('on TCP a request must name the engine\'s host', async t => {
	const directory = await directoryOf(t);
	const socketPath = path.join(directory, 's');
	const port = await freePort();
	await serve(t, [{kind: 'unix', path: socketPath}, {kind: 'tcp', host: '127.0.0.1', port, isInsecure: true, names: ['Lab.example.org']}]);
	const ask = async (host: string) => answer(net.connect(port, '127.0.0.1'), ['GET /_ping HTTP/1.1', `Host: ${host}`]);
	for (const host of ['localhost', `localhost:${port}`, 'LOCALHOST.', `127.0.0.1:${port}`, '127.0.0.1', '127.1', `[::1]:${port}`, '[0:0:0:0:0:0:0:1]', 'lab.example.org:80', 'LAB.example.org']) {
		t.is((await ask(host)).status, 200, host);
	}

	for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'localhost.evil.example', 'localhost@evil.example', 'evil.example/localhost', 'localhost:80:80', '10.0.0.1', '[::2]', 'docker', '', 'x'.repeat(300)]) {
		const {status, text} = await ask(host);
		t.is(status, 403, host);
		t.regex(text, /not a name of this engine.*--allow-host/v);
	}

	t.is((await answer(net.connect(port, '127.0.0.1'), ['GET /_ping HTTP/1.0'])).status, 403);
	// What Docker's clients send over a unix socket.
	for (const host of ['docker', 'localhost', 'api.moby.localhost', 'd', '%2Fvar%2Frun%2Fdocker.sock']) {
		t.is((await answer(net.connect(socketPath), ['GET /_ping HTTP/1.1', `Host: ${host}`])).status, 200, host);
	}
});

tlsTest(`with TLS the names of the certificate count too${hasOpenssl ? '' : ' (needs openssl)'}`, async t => {
	const directory = await directoryOf(t);
	const [key, certificate] = [path.join(directory, 'key.pem'), path.join(directory, 'cert.pem')];
	await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=lab', '-addext', 'subjectAltName=DNS:lab.example.org,IP:192.0.2.1', '-keyout', key, '-out', certificate]);
	const cert = await readFile(certificate, 'utf8');
	const secrets = {ca: cert, cert, key: await readFile(key, 'utf8')};
	const port = await freePort();
	await serve(t, [{kind: 'tcp', host: '0.0.0.0', port, tls: secrets}]);
	const ask = async (host: string, header = 'Accept: */*') => (await answer(connectTls({...secrets, port, host: '127.0.0.1', servername: 'lab.example.org'}), ['GET /_ping HTTP/1.1', `Host: ${host}`, header])).status;
	for (const host of ['lab.example.org', `192.0.2.1:${port}`, `127.0.0.1:${port}`]) {
		t.is(await ask(host), 200, host);
	}

	for (const host of ['lab', 'evil.example', '192.0.2.2', 'evil.lab.example.org']) {
		t.is(await ask(host), 403, host);
	}

	t.is(await ask('lab.example.org', 'Origin: https://lab.example.org'), 403);
});

test('a tar of a type that any web page can send is refused, and what Docker\'s clients send is not', async t => {
	const directory = await directoryOf(t);
	const socketPath = path.join(directory, 's');
	const {reached} = await serve(t, [{kind: 'unix', path: socketPath}]);
	const send = async (target: string, type: readonly string[]) => answer(net.connect(socketPath), [`POST ${target} HTTP/1.1`, 'Host: x', ...type], 'tar');
	for (const target of ['/build', '/v1.47/images/load']) {
		for (const type of ['text/plain', 'Text/Plain;charset=UTF-8', 'application/x-www-form-urlencoded', ' multipart/form-data ; boundary=x']) {
			const {status, text} = await send(target, [`Content-Type: ${type}`]);
			t.is(status, 400, type);
			t.regex(text, /Content-Type.*application\/x-tar/v);
		}
	}

	t.deepEqual(reached, []);
	// The docker command and bollard; docker-py's builds and dockerode; docker-java; a Ruby client; go-dockerclient; docker-py's loads.
	const types = ['application/x-tar', 'application/tar', 'application/octet-stream', 'application/json', 'plain/text'];
	for (const type of [...types.map(type => [`Content-Type: ${type}`]), []]) {
		t.is((await send('/build', type)).status, 200, type[0]);
		t.is((await send('/images/load', type)).status, 200, type[0]);
	}

	t.deepEqual(reached, Array.from({length: types.length + 1}, () => ['build tar', 'load tar']).flat());
});
