import {Buffer} from 'node:buffer';
import {text} from 'node:stream/consumers';
import {Readable} from 'node:stream';
import test from 'ava';
import {encodeFrame} from '../../../source/wire/frames.js';
import {HolmError} from '../../../source/engine/errors.js';
import {configuration} from '../../engine/resources.js';
import {eventually} from '../../api/helpers/serve.js';
import {pretend, type Answerer} from './helpers/pretend.js';

const id = 'ab'.repeat(32);
const networkId = 'cd'.repeat(32);

const item = {
	Id: id,
	Names: ['/web'],
	Image: 'nginx',
	ImageID: 'sha256:12',
	Command: 'nginx',
	Created: 1_700_000_000,
	Ports: [{IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp'}, {IP: '::', PrivatePort: 80, PublicPort: 8080, Type: 'tcp'}],
	Labels: {},
	State: 'running',
	Status: 'Up 2 hours',
	NetworkSettings: {Networks: {front: {NetworkID: networkId, EndpointID: 'e', IPAddress: '172.18.0.2', IPPrefixLen: 16, Gateway: '172.18.0.1', MacAddress: '02:42:ac:12:00:02'}}},
	Mounts: [],
};

const listedNetwork = {Name: 'front', Id: networkId, Created: '2026-02-25T12:00:00.123456789Z', Driver: 'bridge', IPAM: {Config: [{Subnet: '172.18.0.0/16', Gateway: '172.18.0.1'}]}, Containers: {}};

const reading = {
	read: '2026-02-25T12:00:00.5Z',
	cpu_stats: {cpu_usage: {total_usage: 5}, system_cpu_usage: 10, online_cpus: 2},
	memory_stats: {usage: 100, limit: 200, stats: {inactive_file: 40}},
	pids_stats: {current: 3},
};

const inspected = (isTerminal: boolean) => ({Id: id, Name: '/web', Image: 'sha256:12', Config: {Image: 'nginx', Tty: isTerminal}, State: {Status: 'running'}});

test('a snapshot is put together out of Docker\'s own calls', async t => {
	const stopped = {...item, Id: 'ef'.repeat(32), Names: ['/old'], State: 'exited', Status: 'Exited (3) 5 minutes ago', NetworkSettings: {Networks: {}}};
	const gone = {...item, Id: '34'.repeat(32), Names: ['/gone'], NetworkSettings: {Networks: {}}};
	const {engine, requests} = await pretend(t, {answers: {
		'GET /containers/json': [item, stopped, gone],
		'GET /networks': [listedNetwork],
		'GET /images/json': [{Id: 'sha256:12', RepoTags: ['nginx:latest'], RepoDigests: null, Created: 1, Size: 2, Labels: null}],
		'GET /volumes': {Volumes: null},
		[`GET /containers/${id}/stats`]: reading,
	}});
	const snapshot = await engine.snapshot({stats: true});
	t.deepEqual(snapshot.containers.map(({name, status}) => [name, status.state]), [['web', 'running'], ['old', 'exited'], ['gone', 'running']]);
	t.deepEqual(snapshot.networks[0]?.leases.map(({address, containerName}) => [address, containerName]), [['172.18.0.2', 'web']]);
	t.is(snapshot.images[0]?.tags[0], 'docker.io/library/nginx:latest');
	t.deepEqual(snapshot.volumes, []);
	t.deepEqual(Object.keys(snapshot.stats), [id]);
	t.like(snapshot.stats[id], {memoryBytes: 60, memoryLimitBytes: 200, cpuNanoseconds: 5, pids: 3});
	t.true(requests.includes('GET /containers/json?all=1'));
	t.false(requests.some(request => request.includes('/holm/') || request.includes(stopped.Id)));

	requests.length = 0;
	t.deepEqual((await engine.snapshot()).stats, {});
	t.false(requests.some(request => request.includes('/stats') || request.includes('/_ping')), 'what the engine is, is asked once');
});

test('no path names a version, so that every engine serves it', async t => {
	const {engine, requests} = await pretend(t, {answers: {'GET /version': {}, 'GET /info': {}, 'GET /containers/json': []}});
	await engine.version();
	await engine.info();
	await engine.containers();
	t.deepEqual(requests, ['GET /version', 'GET /info', 'GET /containers/json']);
});

const logsOf = (type: string, bytes: Uint8Array): Answerer => (_request, response) => {
	response.setHeader('Content-Type', type);
	response.end(bytes);
};

const stamp = '2026-02-25T12:00:00.123456789Z';
const lines = [`${stamp} one\n`, `${stamp} two\n`];

test('logs are taken apart by whether there is a terminal, which old engines do not say', async t => {
	const framed = Buffer.concat([encodeFrame('stdout', Buffer.from(lines[0]!)), encodeFrame('stderr', Buffer.from(lines[1]!))]);
	const raw = Buffer.from(lines.join(''));
	const rawType = 'application/vnd.docker.raw-stream';
	for (const [type, bytes, tty, streams, inspections] of [
		[rawType, framed, false, ['stdout', 'stderr'], 1],
		[rawType, raw, true, ['stdout', 'stdout'], 1],
		['application/vnd.docker.multiplexed-stream', framed, false, ['stdout', 'stderr'], 0],
	] as const) {
		const {engine, requests} = await pretend(t, {answers: {'GET /containers/web/logs': logsOf(type, bytes), 'GET /containers/web/json': inspected(tty)}});
		const entries = await Array.fromAsync(engine.logs('web', {since: 1500, until: 2500, tail: 0, stderr: false}));
		t.deepEqual(entries.map(({stream}) => stream), [...streams]);
		t.deepEqual(entries.map(entry => Buffer.from(entry.bytes).toString()), ['one\n', 'two\n']);
		t.is(entries[0]?.timestamp, stamp);
		t.is(requests.filter(request => request === 'GET /containers/web/json').length, inspections);
		t.is(requests.find(request => request.includes('/logs')), 'GET /containers/web/logs?tail=0&since=1.500&until=2.500&stdout=1&timestamps=1');
	}
});

test('a container on several networks is made in steps, and taken back when one fails', async t => {
	for (const isFailing of [false, true]) {
		const {engine, requests, bodies} = await pretend(t, {answers: {
			'POST /containers/create': {Id: id, Warnings: null},
			'POST /networks/b/connect': {},
			...!isFailing && {'POST /networks/c/connect': {}},
			[`DELETE /containers/${id}`]: {},
		}});
		const wanted = configuration({name: 'web', networks: ['a', 'b', 'c'].map(network => ({network, aliases: ['x']}))});
		const making = engine.createContainer(wanted);
		if (isFailing) {
			await t.throwsAsync(making, {instanceOf: HolmError, code: 'not-found'});
		} else {
			t.deepEqual(await making, {id, warnings: []});
		}

		t.deepEqual(requests, [
			'HEAD /_ping',
			'POST /containers/create?name=web',
			'POST /networks/b/connect',
			'POST /networks/c/connect',
			...isFailing ? [`DELETE /containers/${id}?force=1&v=1`] : [],
		]);
		t.deepEqual(Object.keys((JSON.parse(bodies[1]!) as {NetworkingConfig: {EndpointsConfig: object}}).NetworkingConfig.EndpointsConfig), ['a']);
	}
});

test('a session: frames apart, input\'s end is the end of the half, the end of both is the session\'s', async t => {
	const received: string[] = [];
	const {engine, requests} = await pretend(t, {
		answers: {'GET /containers/web/json': inspected(false)},
		onUpgrade(request, socket) {
			t.is(request.headers.upgrade, 'tcp');
			socket.write('HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
			socket.on('data', (chunk: Buffer) => {
				received.push(chunk.toString());
			});
			socket.on('end', () => {
				socket.write(encodeFrame('stdout', Buffer.from('out')));
				socket.end(encodeFrame('stderr', Buffer.from('err')));
			});
		},
	});
	const session = await engine.attachContainer('web', {stdin: true});
	t.false(session.terminal);
	session.stdin.write('in');
	session.stdin.end('put');
	t.deepEqual(await Promise.all([text(session.stdout), text(session.stderr)]), ['out', 'err']);
	t.is(received.join(''), 'input');
	t.is(requests.at(-1), 'POST /containers/web/attach?stream=1&stdout=1&stderr=1&stdin=1');
});

test('detaching from a terminal of Docker types its detach keys, and elsewhere closes the connection', async t => {
	for (const isTty of [true, false]) {
		const received: string[] = [];
		let isEnded = false;
		const {engine} = await pretend(t, {
			answers: {'GET /containers/web/json': inspected(isTty)},
			onUpgrade(_request, socket) {
				socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
				socket.on('data', (chunk: Buffer) => {
					received.push(chunk.toString());
				});
				socket.on('end', () => {
					isEnded = true;
					socket.end();
				});
			},
		});
		const session = await engine.attachContainer('web', {stdin: true});
		session.close();
		session.close();
		await eventually(() => isEnded);
		t.is(received.join(''), isTty ? '\u{10}\u{11}' : '');
		t.true(session.stdout.destroyed);
	}
});

test('a session that is cut off fails', async t => {
	let cut: (() => void) | undefined;
	const {engine} = await pretend(t, {
		isTcp: true,
		answers: {'GET /containers/web/json': inspected(true)},
		onUpgrade(_request, socket) {
			socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\npartial');
			cut = () => {
				socket.resetAndDestroy();
			};
		},
	});
	const session = await engine.attachContainer('web');
	cut?.();
	await t.throwsAsync(text(session.stdout), {instanceOf: HolmError, code: 'unavailable'});
});

test('a session that another engine does not upgrade is a raw stream', async t => {
	const {engine} = await pretend(t, {
		answers: {
			'GET /containers/web/json': inspected(false),
			'POST /containers/web/attach': ((_request, response) => {
				response.setHeader('Content-Type', 'application/vnd.docker.raw-stream');
				response.end(encodeFrame('stdout', Buffer.from('out')));
			}) satisfies Answerer,
		},
	});
	const session = await engine.attachContainer('web');
	t.is(await text(session.stdout), 'out');
	t.is(await text(session.stderr), '');
});

test('an error inside of progress is thrown after what came before it', async t => {
	const {engine} = await pretend(t, {answers: {
		'POST /images/create': ((_request, response) => {
			response.write('{"status":"Pulling from library/x","id":"latest"}\r\n{"status":"Down');
			response.end('loading","progressDetail":{"current":1,"total":2},"id":"a"}\r\n{"errorDetail":{"message":"no space"},"error":"no space"}\r\n');
		}) satisfies Answerer,
	}});
	const steps: unknown[] = [];
	const error = await t.throwsAsync(async () => {
		for await (const step of engine.pullImage('x')) {
			steps.push(step.status);
		}
	}, {instanceOf: HolmError});
	t.is(error.message, 'no space');
	t.deepEqual(steps, ['Pulling from library/x', 'Downloading']);
});

test('names of images are split where the API wants them split', async t => {
	const {engine, requests} = await pretend(t, {answers: {
		'POST /images/create': {}, 'POST /images/localhost:5000/a/b/push': {}, 'POST /images/sha256:12/tag': {}, 'DELETE /images/a/b:c': [{Untagged: 'a/b:c'}],
	}});
	await Array.fromAsync(engine.pullImage('redis'));
	await Array.fromAsync(engine.pullImage('localhost:5000/a/b:c', {platform: 'linux/amd64'}));
	await Array.fromAsync(engine.pullImage(`a@sha256:${'12'.repeat(32)}`));
	await Array.fromAsync(engine.pushImage('localhost:5000/a/b:c'));
	await engine.tagImage('sha256:12', 'localhost:5000/a/b');
	t.deepEqual(await engine.removeImage('a/b:c', {force: true}), {untagged: ['a/b:c'], deleted: []});
	t.deepEqual(requests.map(request => decodeURIComponent(request)), [
		'POST /images/create?fromImage=redis&tag=latest',
		'POST /images/create?fromImage=localhost:5000/a/b&tag=c&platform=linux/amd64',
		`POST /images/create?fromImage=a&tag=sha256:${'12'.repeat(32)}`,
		'POST /images/localhost:5000/a/b/push?tag=c',
		'POST /images/sha256:12/tag?repo=localhost:5000/a/b&tag=latest',
		'DELETE /images/a/b:c?force=1',
	]);
});

test('no name leaves the path that it is put in', async t => {
	const {engine, requests} = await pretend(t, {});
	for (const name of ['', '.', '..', '../info', 'a/../../info', 'a//b']) {
		const {container, image, network, volume, exec} = engine;
		for (const verb of [container, image, network, volume, exec].map(read => async () => read(name))) {
			await t.throwsAsync(verb, {instanceOf: HolmError, code: 'not-found'}, name);
		}
	}

	t.deepEqual(requests, []);
	await t.throwsAsync(engine.container('a?b#c d%\u{D800}'), {code: 'not-found'});
	t.deepEqual(requests, ['GET /containers/a%3Fb%23c%20d%25%EF%BF%BD/json']);
});

test('answers that are none of an engine are the engine\'s fault, and told so', async t => {
	const {engine} = await pretend(t, {answers: {
		'GET /version': ((_request, response) => {
			response.end('<html>');
		}) satisfies Answerer,
		'GET /info': [],
		'GET /containers/json': {},
		'GET /networks': ((_request, response) => {
			response.statusCode = 502;
			response.end('<html>Bad gateway</html>');
		}) satisfies Answerer,
		'GET /volumes': ((_request, response) => {
			response.write('{"Volumes": [');
			response.destroy();
		}) satisfies Answerer,
		'GET /events': ((_request, response) => {
			response.end('{"Type": 5}\n');
		}) satisfies Answerer,
	}});
	for (const verb of [
		async () => engine.version(),
		async () => engine.info(),
		async () => engine.containers(),
		async () => engine.networks(),
		async () => engine.volumes(),
		async () => Array.fromAsync(engine.events()),
	]) {
		await t.throwsAsync(verb, {instanceOf: HolmError});
	}

	await t.throwsAsync(engine.networks(), {message: 'the engine answered 502 Bad Gateway'});
	await t.throwsAsync(engine.volumes(), {code: 'unavailable'});
});

test('a body that fails while it is sent is the reason, and what it was read from is let go', async t => {
	const {engine} = await pretend(t, {answers: {'PUT /containers/web/archive': {}}});
	const broken = new Readable({
		read() {
			this.destroy(new HolmError('invalid', 'the file shrank'));
		},
	});
	await t.throwsAsync(engine.writeArchive('web', '/', broken), {message: 'the file shrank'});
	const unread = Readable.from([Buffer.alloc(10)]);
	await t.throwsAsync(engine.writeArchive('nosuch', '/', unread), {code: 'not-found'});
	await eventually(() => unread.destroyed);
	t.true(unread.destroyed);
});

test('giving up ends a stream quietly and a wait with an error, and frees the connection', async t => {
	let open = 0;
	const hold: Answerer = (_request, response) => {
		open++;
		response.writeHead(200, {'Content-Type': 'application/vnd.docker.multiplexed-stream'});
		response.flushHeaders();
		response.on('close', () => {
			open--;
		});
	};

	const {engine} = await pretend(t, {answers: {
		'GET /containers/web/logs': hold, 'GET /containers/web/stats': hold, 'GET /events': hold, 'POST /containers/web/wait': hold,
	}});
	const streams: ReadonlyArray<(signal: AbortSignal) => AsyncIterable<unknown>> = [
		(signal: AbortSignal) => engine.logs('web', {follow: true, signal}),
		(signal: AbortSignal) => engine.stats('web', {stream: true, signal}),
		(signal: AbortSignal) => engine.events({signal}),
	];
	for (const stream of streams) {
		const leaving = new AbortController();
		const left = Array.fromAsync(stream(leaving.signal));
		await eventually(() => open === 1);
		leaving.abort();
		t.deepEqual(await left, []);
		await eventually(() => open === 0);
	}

	const leaving = new AbortController();
	const waiting = engine.waitContainer('web', 'not-running', leaving.signal);
	await eventually(() => open === 1);
	leaving.abort();
	await t.throwsAsync(waiting, {instanceOf: HolmError, message: 'the request was cancelled'});
	await eventually(() => open === 0);
	await t.throwsAsync(engine.waitContainer('web', 'not-running', AbortSignal.abort()), {instanceOf: HolmError});
	t.deepEqual(await Array.fromAsync(engine.events({signal: AbortSignal.abort()})), []);
});

test('whoever stops reading frees the connection', async t => {
	let open = 0;
	const {engine} = await pretend(t, {answers: {
		'GET /events': ((_request, response) => {
			open++;
			response.write('{"Type":"container","Action":"start","Actor":{"ID":"x"}}\n');
			response.on('close', () => {
				open--;
			});
		}) satisfies Answerer,
	}});
	for await (const event of engine.events()) {
		t.is(event.action, 'start');
		break;
	}

	await eventually(() => open === 0);
});

test('whoever returns from a value that does not come frees the connection', async t => {
	let open = 0;
	const hold: Answerer = (_request, response) => {
		open++;
		response.flushHeaders();
		response.on('close', () => {
			open--;
		});
	};

	const {engine} = await pretend(t, {answers: {'GET /events': hold, 'POST /images/create': hold, 'GET /containers/web/stats': hold}});
	for (const iterable of [engine.events(), engine.stats('web', {stream: true}), engine.pullImage('x')] as ReadonlyArray<AsyncIterable<unknown>>) {
		const iterator = iterable[Symbol.asyncIterator]();
		const next = iterator.next();
		next.catch(() => undefined);
		await eventually(() => open === 1);
		const returned = iterator.return?.();
		await eventually(() => open === 0);
		await t.notThrowsAsync(async () => returned);
	}
});

test('connections are kept for the next verb', async t => {
	const {engine, server} = await pretend(t, {answers: {'GET /version': {}}});
	let connections = 0;
	server.on('connection', () => {
		connections++;
	});
	for (let round = 0; round < 5; round++) {
		await engine.version();
	}

	t.is(connections, 1);
});
