import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {readdir, readFile} from 'node:fs/promises';
import net from 'node:net';
import {pathsOf} from '../../../../source/host/store/paths.js';
import {ask} from '../../../api/helpers/serve.js';
import type {World} from '../world.js';

const json = {'Content-Type': 'application/json'};
const tar = {'Content-Type': 'application/x-tar'};

type Case = readonly [request: string, status: number, body?: string | Uint8Array, headers?: Readonly<Record<string, string>>];

/** `running` is the id of a running container. */
const casesOf = (running: string): readonly Case[] => [
	['POST /containers/create', 400, '{"Image": "box"', json],
	['POST /containers/create', 400, '[]', json],
	['POST /containers/create', 400, 'null', json],
	['POST /containers/create', 400, '{"Image": 7}', json],
	['POST /containers/create', 400, '{"Image": "box", "Cmd": {"a": 1}}', json],
	['POST /containers/create', 400, '{"Image": "box", "Cmd": ["a\\u0000b"]}', json],
	['POST /containers/create', 400, '{"Image": "box", "Env": ["A=\\u0000"]}', json],
	['POST /containers/create', 400, '{"Image": "box", "HostConfig": {"Memory": "much"}}', json],
	['POST /containers/create', 400, '{"Image": "box", "HostConfig": {"Memory": -1}}', json],
	['POST /containers/create', 400, '{"Image": "box", "HostConfig": {"Binds": ["../x:/y"]}}', json],
	['POST /containers/create', 400, '{"Image": "box", "HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "70000"}]}}}', json],
	['POST /containers/create', 400, '{"Image": "box"}', {'Content-Type': 'text/plain'}],
	['POST /containers/create?name=../../etc', 400, '{"Image": "box"}', json],
	['POST /containers/create?name=%00', 400, '{"Image": "box"}', json],
	[`POST /containers/create?name=${'n'.repeat(5000)}`, 400, '{"Image": "box"}', json],
	['POST /containers/create', 400, '['.repeat(200_000), json],
	['GET /containers/json?filters=nonsense', 400],
	['GET /containers/json?filters={"nothing":["x"]}', 400],
	['GET /containers/json?limit=many', 400],
	['GET /containers/%00/json', 404],
	['GET /containers/..%2F..%2Fetc%2Fpasswd/json', 404],
	[`GET /containers/${running}/logs`, 400],
	[`GET /containers/${running}/logs?stdout=1&tail=-x`, 400],
	[`POST /containers/${running}/kill?signal=SIGNOTHING`, 400],
	[`POST /containers/${running}/resize?h=-1&w=x`, 400],
	[`POST /containers/${running}/exec`, 400, '{"Cmd": []}', json],
	[`POST /containers/${running}/exec`, 400, '{"Cmd": ["a\\u0000"]}', json],
	[`POST /containers/${running}/exec`, 400, '{"Cmd": "echo"', json],
	[`POST /containers/${running}/update`, 400, '{"Memory": 1}', json],
	[`PUT /containers/${running}/archive?path=/tmp`, 400, 'this is no archive, however long it is'.repeat(50), tar],
	[`PUT /containers/${running}/archive`, 400, '', tar],
	[`GET /containers/${running}/archive?path=${encodeURIComponent('/tmp/\0')}`, 400],
	['POST /images/create', 400],
	['POST /images/create?fromImage=UPPER', 400],
	['POST /images/box/tag?repo=No%20Name', 400],
	['POST /networks/create', 400, '{"Name": ""}', json],
	['POST /networks/create', 400, '{"Name": "malformed", "IPAM": {"Config": [{"Subnet": "300.0.0.0/8"}]}}', json],
	['POST /networks/create', 400, '{"Name": "malformed", "IPAM": {"Config": "all"}}', json],
	['POST /networks/bridge/connect', 400, '{"Container": 5}', json],
	['POST /volumes/create', 400, '{"Name": "../../up"}', json],
	['GET /events?since=yesterday', 400],
	['POST /auth', 400, '"me"', json],
	['GET /containers/nobody/stats', 404],
	['DELETE /networks/..', 404],
	['PATCH /containers/json', 404],
	['GET /nowhere', 404],
	['GET /v9.99/info', 400],
];

/** Bytes that are no HTTP request, or not a complete one. */
const fragments: ReadonlyArray<readonly [bytes: string | Uint8Array, answer: RegExp]> = [
	[Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01]), /^HTTP\/1\.1 400 /v],
	['\0\0\0\0\r\n\r\n', /^HTTP\/1\.1 400 /v],
	['GET / HTTP/9.9\r\n\r\n', /^HTTP\/1\.1 (?:400|505) /v],
	['GET /info HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n', /^HTTP\/1\.1 400 /v],
	['POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: -5\r\n\r\n', /^HTTP\/1\.1 400 /v],
	['POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', /^HTTP\/1\.1 400 /v],
	['POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20000000\r\n\r\n{"Image', /^HTTP\/1\.1 413 /v],
	[`GET /info HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(100_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /v],
];

/** Malformed requests. */
export const malformedTests = (world: World): void => {
	const paths = () => pathsOf(world.root);

	const connect = async () => {
		const socket = net.connect(paths().socket);
		socket.on('error', () => undefined);
		await once(socket, 'connect');
		return socket;
	};

	world.test('malformed requests are rejected, and change nothing', async t => {
		const running = await world.holm('run', '-d', '--name', 'sound', 'box', 'sleep', '600');
		const before = await world.traces();
		const wrong: string[] = [];
		for (const [request, status, body, headers = {}] of casesOf(running)) {
			const [method, path = ''] = request.split(' ', 2);
			const answer = await ask({socketPath: paths().socket}, path, {method, body, headers});
			const {message} = (answer.json ?? {}) as {readonly message?: unknown};
			const hasReason = typeof message === 'string' && message.length > 0 && message.length < 1000 && !/\p{Control}/v.test(message);
			if (answer.status !== status || !hasReason) {
				wrong.push(`${request.slice(0, 200)} ${String(body).slice(0, 80)}: ${answer.status}, not ${status}: ${answer.body.toString().slice(0, 300)}`);
			}
		}

		t.deepEqual(wrong, []);

		for (const [bytes, expected] of fragments) {
			const socket = await connect();
			socket.write(bytes);
			const answer = await socket.toArray().then(chunks => Buffer.concat(chunks as Uint8Array[]).toString(), String);
			t.regex(answer, expected, String(bytes).slice(0, 100));
		}

		t.deepEqual(await world.traces(), before);
		t.is(await world.holm('ps', '-aq', '--no-trunc'), running);
		t.is(await world.holm('network', 'ls', '-q'), 'bridge');
		t.is(await world.holm('volume', 'ls', '-q'), '');
		t.notRegex(await world.holm('system', 'logs'), /unhandled/v);
		await world.remove('sound');
	});

	world.test('incomplete requests do not block other clients, and leak nothing', async t => {
		await world.holm('ps');
		const {pid} = JSON.parse(await readFile(paths().daemonPid, 'utf8')) as {readonly pid: number};
		const open = async () => (await readdir(`/proc/${pid}/fd`)).length;
		const before = await open();
		const sockets = await Promise.all(Array.from({length: 100}, connect));
		const beginnings = ['', 'GE', 'GET /info HTTP/1.1\r\nHost:', 'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"Image"', 'POST /images/load HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n200\r\nhalf', 'GET /events HTTP/1.1\r\nHost: x\r\n\r\n'];
		for (const [index, socket] of sockets.entries()) {
			socket.write(beginnings[index % beginnings.length]!);
		}

		await world.until(open, count => count >= sockets.length);
		t.is(await world.holm('network', 'ls', '-q'), 'bridge', 'other clients are served meanwhile');
		for (const [index, socket] of sockets.entries()) {
			if (index % 2 === 0) {
				socket.end();
			}

			socket.destroy();
		}

		await world.until(open, count => count <= before);
		t.is((JSON.parse(await readFile(paths().daemonPid, 'utf8')) as {readonly pid: number}).pid, pid);
	});
};
