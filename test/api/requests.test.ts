import test from 'ava';
import {HolmError} from '../../source/engine/errors.js';
import {container, image, network} from '../engine/resources.js';
import {holmMediaType} from '../../source/wire/headers.js';
import {
	ask,
	connectRaw,
	eventually,
	post,
	serve,
} from './helpers/serve.js';

type Error = {readonly message: string; readonly code?: string; readonly remedy?: string};

test('every answer says who answers and in which version', async t => {
	const served = await serve(t, {});
	for (const method of ['GET', 'HEAD']) {
		const {status, headers, body} = await ask(served, '/_ping', {method});
		t.is(status, 200);
		t.is(body.toString(), method === 'GET' ? 'OK' : '');
		t.is(headers['api-version'], '1.51');
		t.is(headers['docker-experimental'], 'false');
		t.is(headers.ostype, 'linux');
		t.is(headers.server, 'Holm/9.9.9 (linux)');
		t.is(headers['builder-version'], '1');
	}

	const {json, headers} = await ask(served, '/nowhere');
	t.is(headers.server, 'Holm/9.9.9 (linux)');
	t.is((json as Error).message, 'page not found');
});

test('versions from 1.40 to 1.51, or none', async t => {
	const served = await serve(t, {});
	for (const path of ['/version', '/v1.40/version', '/v1.51/version']) {
		const {status, json} = await ask(served, path);
		t.is(status, 200);
		t.like(json, {Version: '9.9.9', ApiVersion: '1.51', MinAPIVersion: '1.40'});
	}

	for (const [path, message] of [
		['/v1.52/version', 'client version 1.52 is too new. Maximum supported API version is 1.51'],
		['/v2.0/version', 'client version 2.0 is too new. Maximum supported API version is 1.51'],
		['/v1.39/version', 'client version 1.39 is too old. Minimum supported API version is 1.40, please upgrade your client to a newer version'],
		['/v0.41/version', 'client version 0.41 is too old. Minimum supported API version is 1.40, please upgrade your client to a newer version'],
	] as const) {
		const {status, json} = await ask(served, path);
		t.is(status, 400);
		t.is((json as Error).message, message);
	}

	for (const path of ['/v1.41', '/v1/version', '/v1.41.2/version', '/vx/version']) {
		const {status, json} = await ask(served, path);
		t.is(status, 404, path);
		t.is((json as Error).message, 'page not found');
	}
});

test('what is not there is not found, whatever the method', async t => {
	const served = await serve(t, {});
	for (const [method, path] of [
		['GET', '/'],
		['GET', '/containers'],
		['DELETE', '/containers/'],
		['PATCH', '/containers/json'],
		['POST', '/containers/x/json'],
		['GET', '/containers/a/b/json'],
		['GET', '/exec/x/y/json'],
		['GET', '/info/'],
		['OPTIONS', '/info'],
		['GET', '/../info/..'],
		['GET', '/images//'],
	] as const) {
		const {status, json} = await ask(served, path, {method});
		t.is(status, 404, `${method} ${path}`);
		t.is((json as Error | undefined)?.message, 'page not found', `${method} ${path}`);
	}
});

test('names have slashes, colons, percent signs and Docker\'s old slash before them', async t => {
	const asked: string[] = [];
	const served = await serve(t, {
		async image(reference) {
			asked.push(reference);
			return image();
		},
		async container(reference) {
			asked.push(reference);
			return container();
		},
	});
	const expected: string[] = [];
	for (const [path, name] of [
		['/images/library/redis:alpine/json', 'library/redis:alpine'],
		['/v1.41/images/registry.example:5000/a/b@sha256:12/json', 'registry.example:5000/a/b@sha256:12'],
		['/images/library%2Fredis%3Aalpine/json', 'library/redis:alpine'],
		['/images/json/json', 'json'],
		['/images/a/history/history', 'a/history'],
		['/containers//web/json', 'web'],
		['/containers/we%20b%25%C3%BC/json', 'we b%ü'],
	] as const) {
		const {status} = await ask(served, path);
		t.is(status, 200, path);
		expected.push(name);
	}

	t.deepEqual(asked, expected);
	for (const path of ['/containers/%/json', '/containers/%C3/json']) {
		const {status, json} = await ask(served, path);
		t.is(status, 400);
		t.is((json as Error).code, 'invalid');
	}
});

test('an error has its status, message, code and remedy', async t => {
	let error: unknown;
	const served = await serve(t, {
		async container() {
			throw error;
		},
	});
	for (const [code, status] of [
		['invalid', 400], ['not-found', 404], ['conflict', 409], ['forbidden', 403], ['unsupported', 501], ['unavailable', 503], ['internal', 500], ['command-not-found', 404],
	] as const) {
		error = new HolmError(code, 'what', {remedy: 'how'});
		const reply = await ask(served, '/containers/x/json');
		t.is(reply.status, status);
		t.deepEqual(reply.json, {message: code === 'unsupported' ? 'what (how)' : 'what', code, remedy: 'how'}, 'Docker\'s clients print the message alone');
		const own = await ask(served, '/containers/x/json', {headers: {Accept: `${holmMediaType}, */*`}});
		t.deepEqual(own.json, {message: 'what', code, remedy: 'how'});
	}

	error = new TypeError('x is not\na function');
	const reply = await ask(served, '/containers/x/json');
	t.is(reply.status, 500);
	t.like(reply.json, {message: 'x is not a function', code: 'internal'});
});

test('an answer without a body carries its error in its head', async t => {
	const served = await serve(t, {
		async startContainer() {
			throw new HolmError('not-modified', 'läuft schon', {remedy: 'nothing\n'});
		},
		async pathStatus() {
			throw new HolmError('not-found', 'x'.repeat(10_000));
		},
	});
	const started = await ask(served, '/containers/x/start', {method: 'POST'});
	t.is(started.status, 304);
	t.is(started.body.length, 0);
	t.deepEqual(JSON.parse(decodeURIComponent(String(started.headers['holm-error']))), {message: 'läuft schon', code: 'not-modified', remedy: 'nothing\n'});
	const stat = await ask(served, '/containers/x/archive?path=/x', {method: 'HEAD'});
	t.is(stat.status, 404);
	t.like(JSON.parse(decodeURIComponent(String(stat.headers['holm-error']))), {message: 'x'.repeat(256), code: 'not-found'});
});

test('a verb that the engine does not have is refused', async t => {
	const served = await serve(t, {});
	for (const [method, path] of [
		['GET', '/images/search?term=x'],
		['GET', '/holm/networks/x/dns'],
		['GET', '/holm/containers/x/boot-log'],
		['POST', '/images/create?fromSrc=http://192.0.2.1/x.tar'],
		['POST', '/build?version=2'],
		['POST', '/build?remote=x'],
	] as const) {
		const {status, json} = await ask(served, path, {method});
		t.is(status, 501, path);
		t.is((json as Error).code, 'unsupported');
	}
});

test('a body that is no JSON, or the wrong JSON, is refused before the engine is asked', async t => {
	const served = await serve(t, {});
	const bodies: ReadonlyArray<readonly [path: string, body: string, message: RegExp]> = [
		['/containers/create', '{', /the body is not valid JSON/v],
		['/containers/create', '', /Image is missing/v],
		['/containers/create', '[]', /the body must be an object/v],
		['/containers/create', '"x"', /the body must be an object/v],
		['/containers/create', 'null', /Image is missing/v],
		['/containers/create', '{"Image": 1}', /Image must be a string/v],
		['/containers/create', '{"Image": "x", "Env": "A=b"}', /Env must be a list/v],
		['/containers/create', '{"Image": "x", "Env": [1]}', /Env\[0\] must be a string/v],
		['/containers/create', '{"Image": "x", "Tty": "yes"}', /Tty must be true or false/v],
		['/containers/create', '{"Image": "x", "Labels": {"a": 1}}', /Labels\.a must be a string/v],
		['/containers/create', '{"Image": "x", "HostConfig": {"Memory": "1g"}}', /HostConfig\.Memory must be a number/v],
		['/containers/create', '{"Image": "x", "HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "99999"}]}}}', /is not a port/v],
		['/containers/create', `{"Image": ${'['.repeat(100)}${']'.repeat(100)}}`, /nested more than 64/v],
		['/containers/x/exec', '{}', /Cmd is missing/v],
		['/containers/x/exec', '{"Cmd": "ls"}', /Cmd must be a list/v],
		['/exec/x/start', '{"ConsoleSize": ["1", 2]}', /ConsoleSize/v],
		['/networks/create', '{"IPAM": []}', /IPAM must be an object/v],
		['/networks/x/connect', '{"Container": {}}', /Container must be a string/v],
		['/volumes/create', '{"Labels": []}', /Labels must be an object/v],
		['/auth', '{}', /username is missing/v],
		['/auth', '{"username": 5}', /username must be a string/v],
	];
	for (const [path, body, message] of bodies) {
		const {status, json} = await ask(served, path, {method: 'POST', headers: {'Content-Type': 'application/json'}, body});
		t.is(status, 400, `${path} ${body.slice(0, 80)}`);
		t.regex((json as Error).message, message);
		t.is((json as Error).code, 'invalid');
	}
});

test('JSON must say that it is JSON', async t => {
	const served = await serve(t, {createContainer: async () => ({id: 'x', warnings: []})});
	const body = '{"Image": "x"}';
	for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', '']) {
		const {status, json} = await ask(served, '/containers/create', {method: 'POST', headers: type === '' ? {} : {'Content-Type': type}, body});
		t.is(status, 400, type);
		t.regex((json as Error).message, /unsupported Content-Type header/v);
	}

	for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON']) {
		const {status} = await ask(served, '/containers/create', {method: 'POST', headers: {'Content-Type': type}, body});
		t.is(status, 201, type);
	}
});

test('parameters are checked', async t => {
	const served = await serve(t, {container: async () => container(), async * stats() {}});
	for (const path of [
		'GET /containers/json?filters={',
		'GET /containers/json?filters=[]',
		'GET /containers/json?filters={"a":1}',
		'GET /containers/json?filters={"a":[1]}',
		'GET /containers/json?limit=x',
		'GET /containers/json?limit=1e3',
		'GET /containers/x/logs?tail=many',
		'GET /containers/x/logs?since=yesterday',
		'GET /events?until=x',
		'POST /containers/x/stop?t=1.5',
		'POST /containers/x/wait?condition=x',
		'POST /containers/x/resize',
		'POST /containers/x/resize?h=0&w=1',
		'POST /exec/x/resize?h=70000&w=1',
		'POST /exec/x/resize?h=-1&w=1',
		'POST /containers/x/rename',
		'GET /containers/x/archive',
		'PUT /containers/x/archive',
		'POST /images/create',
		'GET /images/get',
		'POST /images/x/tag',
		'POST /build?buildargs={',
		'POST /build?buildargs={"A":1}',
		'POST /build?labels=[]',
		'POST /containers/x/attach',
	]) {
		const [method, target = ''] = path.split(' ', 2);
		const {status, json} = await ask(served, encodeURI(target), {method});
		t.is(status, 400, path);
		t.is((json as Error).code, 'invalid', path);
	}
});

test('filters in both of Docker\'s forms', async t => {
	const seen: unknown[] = [];
	const served = await serve(t, {
		async containers(options) {
			seen.push(options);
			return [1, 2, 3].map(number => container({name: `c${number}`}));
		},
	});
	const filters = (json: unknown) => encodeURIComponent(JSON.stringify(json));
	await ask(served, `/containers/json?all=1&filters=${filters({label: ['a=b', 'c'], status: ['running']})}`);
	await ask(served, `/containers/json?all=false&size=true&filters=${filters({label: {'a=b': true}, name: null})}`);
	const {json} = await ask(served, '/containers/json?limit=2');
	t.deepEqual(seen, [
		{all: true, size: false, filters: {label: ['a=b', 'c'], status: ['running']}},
		{all: false, size: true, filters: {label: ['a=b'], name: []}},
		{all: true, size: false, filters: {}},
	]);
	t.deepEqual((json as Array<{Names: string[]}>).map(({Names}) => Names), [['/c1'], ['/c2']]);
});

test('a body that is too large is refused, announced or not', async t => {
	const served = await serve(t, {}, {maximumBodyBytes: 1000});
	const body = JSON.stringify({Image: 'x'.repeat(2000)});
	const announced = await ask(served, '/containers/create', {method: 'POST', headers: {'Content-Type': 'application/json', 'Content-Length': String(body.length)}, body});
	const chunked = await ask(served, '/containers/create', {method: 'POST', headers: {'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked'}, body});
	for (const {status, json} of [announced, chunked]) {
		t.is(status, 413);
		t.like(json, {message: 'the body is larger than 1000 bytes', code: 'invalid'});
	}

	const upgrade = await connectRaw(t, served);
	upgrade.socket.write('POST /exec/x/start HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{');
	t.regex(String(await upgrade.ended), /^HTTP\/1\.1 413 /v);
});

test('a client that never ends its head or its body is left', async t => {
	const served = await serve(t, {}, {patienceMilliseconds: 1000});
	const silent = await connectRaw(t, served);
	const half = await connectRaw(t, served);
	half.socket.write('GET /info HTTP/1.1\r\nHost: x\r\nX-Slow');
	const bodyless = await connectRaw(t, served);
	bodyless.socket.write('POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
	const upgrading = await connectRaw(t, served);
	upgrading.socket.write('POST /exec/x/start HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
	t.regex(await bodyless.until('}'), /^HTTP\/1\.1 400 .*the body did not come within 1 seconds/sv);
	t.regex(await upgrading.until('}'), /^HTTP\/1\.1 400 .*the body did not come within 1 seconds/sv);
	t.regex(String(await half.ended), /^HTTP\/1\.1 408 /v);
	t.regex(String(await silent.ended), /^(?:HTTP\/1\.1 408 |$)/v);
	for (const {socket} of [silent, half, bodyless, upgrading]) {
		socket.end();
	}

	await eventually(async () => served.connections() === 0);
});

test('what is no HTTP is answered and left', async t => {
	const served = await serve(t, {});
	for (const bytes of [
		'\u{16}\u{3}\u{1}\u{2}\0',
		'hello\r\n\r\n',
		'GET /info HTTP/9.9\r\n\r\n',
		'GET info HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n',
		'POST /build HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
		'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
	]) {
		const {socket, ended} = await connectRaw(t, served);
		socket.write(bytes, 'latin1');
		const answer = String(await ended);
		t.regex(answer, /^HTTP\/1\.1 400 .*"code":"invalid"/sv, JSON.stringify(bytes));
		socket.end();
	}

	const {socket, ended} = await connectRaw(t, served);
	socket.write(`GET /info HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`);
	t.regex(String(await ended), /^HTTP\/1\.1 431 /v);
	socket.end();
	await eventually(async () => served.connections() === 0);
});

test('an address in the path of a request is not followed', async t => {
	const served = await serve(t, {});
	const {socket, until} = await connectRaw(t, served);
	socket.write('GET https://elsewhere.example/info HTTP/1.1\r\nHost: x\r\n\r\n');
	t.regex(await until('}'), /^HTTP\/1\.1 (?:400|404) /v);
});

test('a keep-alive connection survives errors', async t => {
	const served = await serve(t, {
		async network() {
			throw new HolmError('not-found', 'none');
		},
		networks: async () => [network()],
	}, {maximumBodyBytes: 10});
	const {socket, until} = await connectRaw(t, served);
	socket.write('GET /networks/x HTTP/1.1\r\nHost: x\r\n\r\n');
	await until('none');
	socket.write(`POST /networks/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n${'x'.repeat(100)}`);
	await until('larger than 10 bytes');
	socket.write('GET /networks HTTP/1.1\r\nHost: x\r\n\r\n');
	await until('myapp-net');
	t.is(served.connections(), 1);
});

test('requests one after the other in one write are all answered', async t => {
	const served = await serve(t, {networks: async () => []});
	const {socket, text} = await connectRaw(t, served);
	socket.write('GET /networks HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3));
	await eventually(() => text().split('[]').length === 4);
	t.is(text().split('HTTP/1.1 200 OK').length, 4);
});
