import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {setTimeout as delay} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {WebSocket} from 'ws';
import {createFrameDecoder, encodeFrame} from '../../source/wire/frames.js';
import {encodeStdin} from '../../source/wire/stdin-frames.js';
import type {Engine} from '../../source/engine/engine.js';
import {HolmError} from '../../source/engine/errors.js';
import {container} from '../engine/resources.js';
import {ask, connectRaw, eventually, post, serve, type Raw} from './helpers/serve.js';
import {createFakeSession, type FakeSession} from './helpers/sessions.js';

const upgrade = 'Connection: Upgrade\r\nUpgrade: tcp\r\n';

const request = (path: string, {headers = upgrade, body = ''} = {}) =>
	`POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}${body === '' ? '' : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`}\r\n${body}`;

const all = '/containers/x/attach?stream=1&stdin=1&stdout=1&stderr=1';

const engineOf = ({session}: FakeSession): Partial<Engine> => ({
	container: async () => container({configuration: {...container().configuration, terminal: session.terminal}}),
	attachContainer: async () => session,
	startExec: async () => session,
});

const open = async (t: ExecutionContext, fake: FakeSession, text: string): Promise<Raw & {readonly connections: () => number}> => {
	const served = await serve(t, engineOf(fake));
	const raw = await connectRaw(t, served);
	raw.socket.write(text);
	return {...raw, connections: served.connections};
};

const bodyOf = (text: string) => text.slice(text.indexOf('\r\n\r\n') + 4);

test('an upgraded connection carries both directions, and its end is an end of file', async t => {
	const fake = createFakeSession();
	const {socket, until, ended, connections} = await open(t, fake, request(all));
	const head = await until('\r\n\r\n');
	t.true(head.startsWith('HTTP/1.1 101 UPGRADED\r\n'));
	t.regex(head, /^Connection: Upgrade\r$/mv);
	t.regex(head, /^Upgrade: tcp\r$/mv);
	t.regex(head, /^Content-Type: application\/vnd\.docker\.multiplexed-stream\r$/mv);
	t.regex(head, /^Server: Holm\//mv);
	socket.write('in');
	await eventually(() => fake.received() === 'in');
	fake.stdout.write('out');
	fake.stderr.write('err');
	await until('err');
	t.false(fake.hasEndOfFile());
	socket.end('put');
	await eventually(() => fake.hasEndOfFile());
	t.is(fake.received(), 'input');
	fake.stdout.write('late');
	fake.exit();
	const output = bodyOf((await ended).toString('latin1'));
	t.is(output, Buffer.concat([encodeFrame('stdout', Buffer.from('out')), encodeFrame('stderr', Buffer.from('err')), encodeFrame('stdout', Buffer.from('late'))]).toString('latin1'));
	await eventually(async () => connections() === 0);
});

test('the head of a session comes alone: Python\'s clients lose what comes with it', async t => {
	let bodies: string[] = [];
	// On a busy host both may arrive before this process reads.
	while (!bodies.includes('') && bodies.length < 50) {
		const fake = createFakeSession();
		fake.stdout.write('there already');
		const {socket, ended} = await open(t, fake, request(all));
		const [first] = await once(socket, 'data') as [Uint8Array];
		bodies = [...bodies, bodyOf(Buffer.from(first).toString())];
		fake.exit();
		t.true((await ended).toString('latin1').endsWith('there already'));
	}

	t.true(bodies.includes(''));
});

test('a client of Python that reads late gets the head in a piece of its buffer\'s size', async t => {
	for (const agent of ['docker-sdk-python/7.1.0', 'docker-compose/1.29.2 docker-py/5.0.3 Linux/6.1', 'ansible-community.docker']) {
		for (const headers of [upgrade, '']) {
			const fake = createFakeSession();
			const {ended} = await open(t, fake, request(all, {headers: `${headers}User-Agent: ${agent}\r\n`}));
			fake.stdout.write('out');
			fake.exit();
			const whole = (await ended).toString('latin1');
			t.is(whole.indexOf('\r\n\r\n') + 4, 8192);
			t.true(whole.slice(8192).endsWith('out'));
		}
	}
});

test('a client that does not ask to upgrade gets a raw stream on the same connection', async t => {
	const fake = createFakeSession();
	const {socket, until, ended, connections} = await open(t, fake, request(all, {headers: ''}));
	const head = await until('\r\n\r\n');
	t.true(head.startsWith('HTTP/1.1 200 OK\r\n'));
	t.regex(head, /^Content-Type: application\/vnd\.docker\.raw-stream\r$/mv);
	t.notRegex(head, /transfer-encoding|content-length/iv);
	socket.write('in');
	await eventually(() => fake.received() === 'in');
	socket.end('GET /info HTTP/1.1\r\n\r\n');
	await eventually(() => fake.hasEndOfFile());
	t.is(fake.received(), 'inGET /info HTTP/1.1\r\n\r\n');
	fake.stdout.write('out');
	fake.exit();
	t.is(bodyOf((await ended).toString('latin1')), encodeFrame('stdout', Buffer.from('out')).toString('latin1'));
	await eventually(async () => connections() === 0);
});

test('input that comes in the same piece as the request is the process\'s', async t => {
	const fake = createFakeSession();
	const {socket} = await open(t, fake, `${request(all)}GET /v1.41/containers/json HTTP/1.1\r\nHost: x\r\n\r\n`);
	socket.end();
	await eventually(() => fake.hasEndOfFile());
	t.is(fake.received(), 'GET /v1.41/containers/json HTTP/1.1\r\nHost: x\r\n\r\n');
});

test('an end that comes with the request, and is read with its body, is an end of file', async t => {
	for (const headers of [upgrade, '']) {
		const fake = createFakeSession();
		const prepared = Promise.withResolvers<void>();
		const served = await serve(t, {
			...engineOf(fake),
			async startExec() {
				await prepared.promise;
				return fake.session;
			},
		});
		const {socket} = await connectRaw(t, served);
		socket.end(request('/exec/e/start', {headers, body: '{}'}));
		await once(socket, 'finish');
		// The server has read it before it answers a later client.
		t.is((await ask(served, '/_ping')).status, 200);
		prepared.resolve();
		await eventually(() => fake.hasEndOfFile());
		fake.exit();
		await eventually(async () => served.connections() === 0);
	}
});

test('a body of the request itself is not input', async t => {
	for (const headers of [upgrade, '']) {
		const fake = createFakeSession();
		const {socket, until} = await open(t, fake, request(all, {headers, body: '{"stream":true}'}));
		await until('\r\n\r\n');
		socket.end('in');
		await eventually(() => fake.hasEndOfFile());
		t.is(fake.received(), 'in');
	}

	const {until} = await open(t, createFakeSession(), request(all, {headers: 'Transfer-Encoding: chunked\r\n'}));
	t.regex(await until('}'), /^HTTP\/1\.1 400 /v);
});

test('input before a raw stream has begun is never another request', async t => {
	const asked: string[] = [];
	const attaching = Promise.withResolvers<never>();
	const served = await serve(t, {
		async container(reference) {
			asked.push(reference);
			return container();
		},
		attachContainer: async () => attaching.promise,
	});
	const {socket, ended} = await connectRaw(t, served);
	socket.write(`${request('/containers/good/attach?stream=1', {headers: ''})}GET /containers/evil/json HTTP/1.1\r\nHost: x\r\n\r\n`);
	t.is(String(await ended), '');
	t.deepEqual(asked, ['good']);
	attaching.reject(new Error('over'));
});

test('a terminal\'s stream has no frames, and its client\'s end detaches', async t => {
	const fake = createFakeSession({terminal: true});
	const {socket, until} = await open(t, fake, request(all));
	t.regex(await until('\r\n\r\n'), /Content-Type: application\/vnd\.docker\.raw-stream\r\n/v);
	fake.stdout.write('$ ');
	await until('\r\n\r\n$ ');
	socket.write('ls\r');
	await eventually(() => fake.received() === 'ls\r');
	socket.end();
	await eventually(() => fake.isClosed());
	t.false(fake.hasEndOfFile());
});

test('detach keys on a terminal leave the process as it is', async t => {
	for (const [query, keys] of [['', '\u{10}\u{11}'], ['&detachKeys=ctrl-a,x', '\u{1}x']] as const) {
		const fake = createFakeSession({terminal: true});
		const {socket, until, ended, connections} = await open(t, fake, request(all + query));
		await until('\r\n\r\n');
		socket.write(`abc${keys}def`);
		await ended;
		t.is(fake.received(), 'abc');
		t.true(fake.isClosed());
		t.false(fake.hasEndOfFile());
		socket.end();
		await eventually(async () => connections() === 0);
	}
});

test('an exec has the detach keys that it was made with', async t => {
	const fake = createFakeSession({terminal: true});
	const served = await serve(t, {createExec: async () => 'e', startExec: async () => fake.session});
	t.is((await post(served, '/containers/x/exec', {Cmd: ['sh'], DetachKeys: 'ctrl-1'})).status, 400);
	t.is((await ask(served, `${all}&detachKeys=ctrl-1`, {method: 'POST'})).status, 400);
	t.is((await post(served, '/containers/x/exec', {Cmd: ['sh'], DetachKeys: 'ctrl-a,x'})).status, 201);
	const {socket, until, ended} = await connectRaw(t, served);
	socket.write(request('/exec/e/start', {body: '{"Tty":true}'}));
	await until('\r\n\r\n');
	socket.write('a\u{10}\u{11}b\u{1}x');
	await ended;
	t.is(fake.received(), 'a\u{10}\u{11}b');
	t.true(fake.isClosed());
});

test('detach keys mean nothing without a terminal', async t => {
	const fake = createFakeSession();
	const {socket, until} = await open(t, fake, request(all));
	await until('\r\n\r\n');
	socket.end('a\u{10}\u{11}b');
	await eventually(() => fake.hasEndOfFile());
	t.is(fake.received(), 'a\u{10}\u{11}b');
});

test('versions before 1.42 have one word for both kinds of stream', async t => {
	const {until} = await open(t, createFakeSession(), request(`/v1.41${all}`));
	t.regex(await until('\r\n\r\n'), /Content-Type: application\/vnd\.docker\.raw-stream\r\n/v);
});

test('only what was asked for is sent, and the rest does not block', async t => {
	const fake = createFakeSession();
	const {socket, until, ended} = await open(t, fake, request('/containers/x/attach?stream=1&stderr=1'));
	await until('\r\n\r\n');
	socket.end('input that nobody asked for');
	fake.stdout.end(Buffer.alloc(1_000_000));
	fake.stderr.end('err');
	t.is(bodyOf((await ended).toString('latin1')), encodeFrame('stderr', Buffer.from('err')).toString('latin1'));
	t.is(fake.received(), '');
	t.false(fake.hasEndOfFile());
});

test('framed input: its own end of file, and a client that goes is none', async t => {
	const headers = `${upgrade}Holm-Stdin: framed\r\n`;
	const first = createFakeSession();
	const one = await open(t, first, request(all, {headers}));
	t.regex(await one.until('\r\n\r\n'), /^holm-stdin: framed\r$/mv);
	one.socket.write(encodeStdin(Buffer.from('abc')));
	one.socket.end();
	await eventually(() => first.isClosed());
	t.is(first.received(), 'abc');
	t.false(first.hasEndOfFile());

	const second = createFakeSession();
	const two = await open(t, second, request(all, {headers}));
	await two.until('\r\n\r\n');
	two.socket.write(encodeStdin(new Uint8Array()));
	await eventually(() => second.hasEndOfFile());
	t.false(second.isClosed());
	second.stdout.write('still here');
	await two.until('still here');
});

test('megabytes pass in both directions, though both sides are slow', async t => {
	const fake = createFakeSession({isReading: false});
	const {socket, until} = await open(t, fake, request(all));
	await until('\r\n\r\n');
	const size = 5_000_000;
	socket.pause();
	socket.end(Buffer.alloc(size, 'i'));
	fake.stdout.end(Buffer.alloc(size, 'o'));
	fake.stderr.end();
	let received = 0;
	for await (const chunk of fake.stdin as AsyncIterable<Uint8Array>) {
		received += chunk.length;
	}

	t.is(received, size);
	let output = 0;
	socket.on('data', (chunk: Uint8Array) => {
		output += chunk.filter(byte => byte === 111).length;
	});
	socket.resume();
	await eventually(() => output === size);
});

test('unread output blocks the process', async t => {
	const fake = createFakeSession();
	const {socket, until} = await open(t, fake, request(all));
	await until('\r\n\r\n');
	socket.pause();
	for (let index = 0; index < 500; index++) {
		fake.stdout.write(Buffer.alloc(65_536));
	}

	await eventually(() => socket.bytesRead > 0);
	await delay(100);
	t.true(fake.stdout.writableLength > 250 * 65_536);
});

test('a session that fails says why, where its stream has a place for it', async t => {
	const fake = createFakeSession();
	const {until, ended} = await open(t, fake, request(all));
	await until('\r\n\r\n');
	fake.stdout.write('out');
	await until('out');
	fake.stdout.destroy(new HolmError('internal', 'the machine is gone'));
	fake.stderr.end();
	t.is(bodyOf((await ended).toString('latin1')), Buffer.concat([encodeFrame('stdout', Buffer.from('out')), encodeFrame('error', Buffer.from('the machine is gone'))]).toString('latin1'));
});

test('input in thousands of small pieces to a process that does not read yet', async t => {
	const fake = createFakeSession({isReading: false});
	const {socket, until} = await open(t, fake, request(all, {headers: `${upgrade}Holm-Stdin: framed\r\n`}));
	await until('\r\n\r\n');
	const warnings: Error[] = [];
	const onWarning = (warning: Error) => {
		warnings.push(warning);
	};

	process.on('warning', onWarning);
	t.teardown(() => {
		process.off('warning', onWarning);
	});
	const count = 200_000;
	socket.write(Buffer.concat([...Array.from({length: count}, () => encodeStdin(Buffer.from('x'))), encodeStdin(new Uint8Array())]));
	await eventually(() => fake.stdin.writableNeedDrain);
	let received = 0;
	for await (const chunk of fake.stdin as AsyncIterable<Uint8Array>) {
		received += chunk.length;
	}

	t.is(received, count);
	t.deepEqual(warnings.filter(({name}) => name === 'MaxListenersExceededWarning'), []);
});

test('an exec takes its options in the body and is joined like a container', async t => {
	const sizes: unknown[] = [];
	const fake = createFakeSession({terminal: true});
	const served = await serve(t, {
		async startExec(_id, size) {
			sizes.push(size);
			return fake.session;
		},
	});
	const body = '{"Detach":false,"Tty":true,"ConsoleSize":[24,80]}';
	for (const cut of [0, 10, request('/exec/e/start', {body}).length - 5]) {
		const {socket, until} = await connectRaw(t, served);
		const text = request('/exec/e/start', {body});
		socket.write(text.slice(0, cut));
		await delay(20);
		socket.write(text.slice(cut));
		t.regex(await until('\r\n\r\n'), /^HTTP\/1\.1 101 UPGRADED\r\n/v);
		socket.destroy();
	}

	t.deepEqual(sizes, [{rows: 24, columns: 80}, {rows: 24, columns: 80}, {rows: 24, columns: 80}]);
	const {status, body: plain} = await post(await serve(t, engineOf(createFakeSession())), '/exec/e/start', {Detach: true});
	t.is(status, 200);
	t.is(plain.length, 0);
});

test('the body of a start decides whether an exec\'s output has frames', async t => {
	for (const [terminal, isRaw] of [[true, false], [false, true]] as const) {
		const fake = createFakeSession({terminal});
		const {socket, until, ended} = await open(t, fake, request('/exec/e/start', {body: JSON.stringify({Tty: isRaw})}));
		t.regex(await until('\r\n\r\n'), isRaw ? /raw-stream/v : /multiplexed-stream/v);
		fake.stdout.write('out');
		fake.exit();
		t.is(bodyOf((await ended).toString('latin1')), isRaw ? 'out' : encodeFrame('stdout', Buffer.from('out')).toString('latin1'));
		socket.end();
	}
});

test('an exec in the background is left to itself', async t => {
	const fake = createFakeSession();
	const {status} = await post(await serve(t, engineOf(fake)), '/exec/e/start', {Detach: true});
	t.is(status, 200);
	t.true(fake.isClosed());
	t.false(fake.hasEndOfFile());
});

test('an error before the session is an ordinary answer, upgrade or not', async t => {
	const served = await serve(t, {
		async container() {
			throw new HolmError('not-found', 'No such container: x');
		},
		async startExec() {
			throw new HolmError('conflict', 'it is over');
		},
	});
	for (const headers of [upgrade, '']) {
		for (const [path, status, message] of [[all, 404, 'No such container: x'], ['/exec/e/start', 409, 'it is over']] as const) {
			const {socket, until} = await connectRaw(t, served);
			socket.write(request(path, {headers, body: '{}'}));
			const text = await until('}\n');
			t.true(text.startsWith(`HTTP/1.1 ${status} `), text);
			t.true(text.includes(message));
			socket.end();
		}
	}

	await eventually(async () => served.connections() === 0);
});

test('a missing command is reported to Docker\'s clients in the stream, and its exit status kept', async t => {
	const configuration = {command: ['nope'], terminal: false, stdin: false, environment: [], privileged: false};
	const served = await serve(t, {
		async startExec() {
			throw new HolmError('command-not-found', 'there is no nope');
		},
		exec: async id => ({id, containerId: 'x', configuration, running: false}),
	});
	const {socket, ended} = await connectRaw(t, served);
	socket.write(request('/exec/e1/start', {body: '{"Tty": false}'}));
	t.is(bodyOf((await ended).toString('latin1')), encodeFrame('stderr', Buffer.from('there is no nope\n')).toString('latin1'));
	socket.end();
	t.like((await ask(served, '/exec/e1/json')).json, {ExitCode: 127, Running: false});
	t.like((await ask(served, '/exec/e2/json')).json, {ExitCode: null});

	const ours = await connectRaw(t, served);
	ours.socket.write(request('/exec/e3/start', {headers: `${upgrade}Accept: application/vnd.holm+json\r\n`, body: '{}'}));
	t.regex(await ours.until('}\n'), /^HTTP\/1\.1 404 .*command-not-found/sv);
});

test('a start that fails ends the sessions that wait for it, and a container that was to remove itself', async t => {
	const fake = createFakeSession();
	const removed: unknown[] = [];
	const served = await serve(t, {
		container: async () => container({status: {state: 'created'}, configuration: {...container().configuration, autoRemove: true}}),
		attachContainer: async () => fake.session,
		async startContainer() {
			throw new HolmError('command-not-found', 'there is no nope');
		},
		async removeContainer(...given) {
			removed.push(given);
		},
	});
	const {socket, until, ended} = await connectRaw(t, served);
	socket.write(request('/containers/x/attach?stream=1&stdout=1'));
	await until('\r\n\r\n');
	const ours = await ask(served, '/containers/x/start', {method: 'POST', headers: {Accept: 'application/vnd.holm+json'}});
	t.like(ours.json, {message: 'there is no nope'});
	t.deepEqual(removed, []);
	t.false(fake.isClosed());

	const {status, json} = await ask(served, '/containers/x/start', {method: 'POST'});
	t.is(status, 400);
	t.like(json, {message: 'there is no nope: executable file not found in $PATH', code: 'command-not-found'});
	await ended;
	t.true(fake.isClosed());
	t.deepEqual(removed, [[container().id, {force: true, volumes: true}]]);
});

test('each line of a log is stamped once', async t => {
	const served = await serve(t, {
		container: async () => container(),
		async * logs() {
			for (const [stream, text] of [['stdout', 'a long '], ['stderr', 'err\n'], ['stdout', 'line\n'], ['stdout', 'next\n']] as const) {
				yield {stream, timestamp: 'T', bytes: Buffer.from(text)};
			}
		},
	});
	const path = '/containers/x/logs?stdout=1&stderr=1&timestamps=1';
	const textsOf = (body: Buffer) => createFrameDecoder()(body).map(({bytes}) => Buffer.from(bytes).toString());
	t.deepEqual(textsOf((await ask(served, path)).body), ['T a long ', 'T err\n', 'line\n', 'T next\n']);
	const ours = await ask(served, path, {headers: {Accept: 'application/vnd.holm+json'}});
	t.deepEqual(textsOf(ours.body), ['T a long ', 'T err\n', 'T line\n', 'T next\n']);
});

test('what was written before can be had without a session', async t => {
	const served = await serve(t, {
		container: async () => container(),
		async * logs(_reference, options) {
			t.like(options, {stdout: true, stderr: false});
			yield {stream: 'stdout', timestamp: '2026-02-25T12:00:00Z', bytes: Buffer.from('old\n')};
		},
	});
	for (const headers of [upgrade, '']) {
		const {socket, ended} = await connectRaw(t, served);
		socket.write(request('/containers/x/attach?logs=1&stdout=1', {headers}));
		t.is(bodyOf((await ended).toString('latin1')), encodeFrame('stdout', Buffer.from('old\n')).toString('latin1'));
		socket.end();
	}

	await eventually(async () => served.connections() === 0);
});

test('closing the server\'s connections closes its sessions', async t => {
	const fake = createFakeSession();
	const served = await serve(t, engineOf(fake));
	const {socket, until, ended} = await connectRaw(t, served);
	socket.write(request(all));
	await until('\r\n\r\n');
	served.server.closeAllConnections();
	await ended;
	await eventually(() => fake.isClosed());
	t.false(fake.hasEndOfFile());
});

const openWebSocket = async (t: ExecutionContext, fake: FakeSession, query: string) => {
	const {socketPath, connections} = await serve(t, engineOf(fake));
	const socket = new WebSocket(`ws+unix:${socketPath}:${query}`);
	const messages: Buffer[] = [];
	socket.on('message', (data: Buffer, isBinary) => {
		t.true(isBinary);
		messages.push(data);
	});
	await once(socket, 'open');
	return {socket, connections, read: () => Buffer.concat(messages).toString()};
};

test('a WebSocket carries both directions without frames of Docker\'s, and its end is an end of file', async t => {
	const fake = createFakeSession();
	const {socket, connections, read} = await openWebSocket(t, fake, '/v1.47/containers/x/attach/ws?stream=1&stdin=1&stdout=1&stderr=1');
	fake.stdout.write('out');
	await eventually(() => read() === 'out');
	fake.stderr.write('err');
	await eventually(() => read() === 'outerr');
	socket.send('in');
	socket.send(Buffer.from('put'));
	await eventually(() => fake.received() === 'input');
	socket.close();
	await eventually(() => fake.hasEndOfFile() && fake.isClosed());
	await eventually(async () => connections() === 0);
});

test('a WebSocket ends with its session, after all of its output', async t => {
	const fake = createFakeSession();
	const {socket, connections, read} = await openWebSocket(t, fake, '/v1.47/containers/x/attach/ws?stream=1&stdout=1');
	const whole = 'x'.repeat(3_000_000);
	fake.stdout.write(whole);
	fake.stderr.write('not asked for');
	fake.exit();
	await once(socket, 'close');
	t.is(read(), whole);
	await eventually(async () => connections() === 0);
});

test('before 1.42 a WebSocket has all three streams', async t => {
	const fake = createFakeSession();
	const {socket, read} = await openWebSocket(t, fake, '/v1.41/containers/x/attach/ws?stream=1');
	fake.stderr.write('err');
	await eventually(() => read() === 'err');
	socket.send('in');
	await eventually(() => fake.received() === 'in');
});

test('a WebSocket whose client vanishes in the middle of the output is closed', async t => {
	const fake = createFakeSession({terminal: true});
	const {socket, connections} = await openWebSocket(t, fake, '/containers/x/attach/ws?stream=1&stdout=1&stdin=1');
	socket.pause();
	fake.stdout.write('x'.repeat(3_000_000));
	socket.terminate();
	await eventually(async () => fake.isClosed() && connections() === 0);
	t.false(fake.hasEndOfFile());
});

test('detach keys leave a terminal through a WebSocket', async t => {
	const fake = createFakeSession({terminal: true});
	const {socket} = await openWebSocket(t, fake, '/containers/x/attach/ws?stream=1&stdin=1&stdout=1&detachKeys=ctrl-x');
	socket.send('a\u{18}');
	await once(socket, 'close');
	t.is(fake.received(), 'a');
	t.true(fake.isClosed());
});

test('a WebSocket with a message too long to keep is closed', async t => {
	const fake = createFakeSession();
	const {socket, connections} = await openWebSocket(t, fake, '/containers/x/attach/ws?stream=1&stdin=1');
	socket.send('x'.repeat(5 * 1024 * 1024));
	const [code] = await once(socket, 'close') as [number];
	t.is(code, 1009);
	await eventually(async () => fake.isClosed() && connections() === 0);
	t.is(fake.received(), '');
});

test('what is no handshake of a WebSocket is refused', async t => {
	const fake = createFakeSession();
	const served = await serve(t, engineOf(fake));
	const {status, json} = await ask(served, '/containers/x/attach/ws?stream=1');
	t.is(status, 400);
	t.regex((json as Error).message, /WebSocket/v);
	const key = 'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n';
	for (const [headers, expected] of [
		[upgrade, 'HTTP/1.1 400 '],
		['Connection: Upgrade\r\nUpgrade: websocket\r\n', 'HTTP/1.1 400 '],
		[`Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 7\r\n${key}`, 'HTTP/1.1 400 '],
	] as const) {
		const raw = await connectRaw(t, served);
		raw.socket.end(request('/containers/x/attach/ws?stream=1', {headers}).replace('POST', 'GET'));
		t.true((await raw.ended).toString().startsWith(expected), headers);
	}

	const {socket, ended} = await connectRaw(t, served);
	socket.end(request('/containers/x/attach/ws?logs=1', {headers: `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n${key}`}).replace('POST', 'GET'));
	t.regex((await ended).toString(), /^HTTP\/1\.1 400 .*stream=1/sv);
	await eventually(async () => served.connections() === 0);
});
