import {Buffer} from 'node:buffer';
import {PassThrough, type Readable} from 'node:stream';
import test, {type ExecutionContext} from 'ava';
import {encodeStdin} from '../../source/wire/stdin-frames.js';
import type {Engine} from '../../source/engine/engine.js';
import {container, noon, stats} from '../engine/resources.js';
import {connectRaw, eventually, serve} from './helpers/serve.js';
import {createFakeSession} from './helpers/sessions.js';

/** Records the end of a verb that runs until it is cancelled. */
type Watched = {isBegun: boolean; isReturned: boolean; signal?: AbortSignal};

/** Endless values on demand, or none at all; also records its end. */
const endless = <Value>(watched: Watched, value: Value | undefined, signal?: AbortSignal): AsyncIterable<Value> => ({
	[Symbol.asyncIterator]() {
		watched.isBegun = true;
		watched.signal = signal;
		return {
			async next() {
				// One that never settles: the server may not wait for it.
				return value === undefined ? new Promise<never>(() => {}) : {done: false, value};
			},
			async return() {
				watched.isReturned = true;
				return {done: true, value: undefined};
			},
		};
	},
});

const request = (method: string, path: string, headers = '') => `${method} ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;

const chunked = 'Transfer-Encoding: chunked\r\nContent-Type: application/x-tar\r\n';

const entry = {stream: 'stdout', timestamp: '2026-02-25T12:00:00Z', bytes: Buffer.from('line\n')} as const;
const event = {time: noon, type: 'container', action: 'start', id: 'x', attributes: {}} as const;
const step = {status: 'Downloading', id: 'abc', current: 1, total: 2};

type Call = {
	readonly engine: (watched: Watched, isSilent: boolean) => Partial<Engine>;
	readonly request: string;
	/** The verb takes no signal. */
	readonly isWithoutSignal?: boolean;
	/** Nothing is answered before the first value. */
	readonly waitsForFirst?: boolean;
};

const calls: Readonly<Record<string, Call>> = {
	'logs that are followed': {
		engine: (watched, isSilent) => ({
			container: async () => container(),
			logs: (_reference, options) => endless(watched, isSilent ? undefined : entry, options?.signal),
		}),
		request: request('GET', '/containers/x/logs?follow=1&stdout=1'),
	},
	'logs that are not': {
		engine: (watched, isSilent) => ({
			container: async () => container(),
			logs: (_reference, options) => endless(watched, isSilent ? undefined : entry, options?.signal),
		}),
		request: request('GET', '/containers/x/logs?stdout=1'),
		waitsForFirst: true,
	},
	statistics: {
		engine: (watched, isSilent) => ({
			container: async () => container(),
			stats: (_reference, options) => endless(watched, isSilent ? undefined : stats(), options?.signal),
		}),
		request: request('GET', '/containers/x/stats'),
		waitsForFirst: true,
	},
	events: {
		engine: (watched, isSilent) => ({events: options => endless(watched, isSilent ? undefined : event, options?.signal)}),
		request: request('GET', '/events'),
	},
	'a pull': {
		engine: (watched, isSilent) => ({pullImage: (_reference, options) => endless(watched, isSilent ? undefined : step, options?.signal)}),
		request: request('POST', '/images/create?fromImage=x'),
		waitsForFirst: true,
	},
	'a push': {
		engine: (watched, isSilent) => ({pushImage: (_reference, options) => endless(watched, isSilent ? undefined : step, options?.signal)}),
		request: request('POST', '/images/x/push'),
		waitsForFirst: true,
	},
	'a build': {
		engine: (watched, isSilent) => ({buildImage: (_context, options) => endless(watched, isSilent ? undefined : {text: 'x\n'}, options.signal)}),
		request: request('POST', '/build', chunked) + '400\r\n',
		waitsForFirst: true,
	},
	'a load': {
		engine: (watched, isSilent) => ({loadImages: () => endless(watched, isSilent ? undefined : {text: 'x\n'})}),
		request: request('POST', '/images/load', chunked) + '400\r\nabc',
		isWithoutSignal: true,
		waitsForFirst: true,
	},
};

const isOver = async (t: ExecutionContext, {engine, request: text, isWithoutSignal, waitsForFirst}: Call, isSilent: boolean, leave: 'destroy' | 'end') => {
	const watched: Watched = {isBegun: false, isReturned: false};
	const served = await serve(t, engine(watched, isSilent));
	const {socket, until} = await connectRaw(t, served);
	socket.write(text);
	await eventually(() => watched.isBegun);
	if (!isSilent || !waitsForFirst) {
		await until('HTTP/1.1 200 OK');
	}

	socket.pause();
	socket[leave]();
	await eventually(() => watched.isReturned);
	if (!isWithoutSignal) {
		t.true(watched.signal?.aborted);
	}

	socket.destroy();
	await eventually(async () => served.connections() === 0);
	t.true(watched.isReturned);
};

for (const [name, call] of Object.entries(calls)) {
	test(`a client that goes ends ${name}`, async t => {
		await isOver(t, call, false, 'destroy');
	});

	test(`a client that goes ends ${name} that say nothing`, async t => {
		await isOver(t, call, true, 'destroy');
	});

	test(`a client that closes its half ends ${name}`, async t => {
		await isOver(t, call, true, 'end');
	});
}

test('a client that goes ends a wait', async t => {
	let signal: AbortSignal | undefined;
	const served = await serve(t, {
		container: async () => container(),
		async waitContainer(_reference, _condition, given) {
			signal = given;
			return new Promise((_resolve, reject) => {
				given?.addEventListener('abort', () => {
					reject(new Error('aborted'));
				});
			});
		},
	});
	const {socket, until} = await connectRaw(t, served);
	socket.write(request('POST', '/containers/x/wait?condition=next-exit'));
	t.regex(await until('\r\n\r\n'), /^HTTP\/1\.1 200 OK\r\n/v);
	t.false(signal?.aborted);
	socket.destroy();
	await eventually(() => signal?.aborted === true);
	await eventually(async () => served.connections() === 0);
});

const endlessBytes = (): PassThrough => {
	const stream = new PassThrough();
	const fill = () => {
		while (!stream.destroyed && stream.write(Buffer.alloc(65_536))) {
			// Until it is full.
		}
	};

	stream.on('drain', fill);
	fill();
	return stream;
};

test('a client that goes ends what it downloads', async t => {
	for (const [path, isSilent] of [['/images/get?names=x', false], ['/images/a/b/get', true], ['/containers/x/archive?path=/', false], ['/containers/x/archive?path=/', true]] as const) {
		const bytes = isSilent ? new PassThrough() : endlessBytes();
		const status = {name: 'x', sizeBytes: 1, mode: 0o10_0644, modifiedAt: noon, linkTarget: ''};
		let isAsked = false;
		const ask = <Value>(value: Value): Value => {
			isAsked = true;
			return value;
		};

		const served = await serve(t, {saveImages: async () => ask(bytes), readArchive: async () => ask({status, tar: bytes})});
		const {socket, until} = await connectRaw(t, served);
		socket.write(request('GET', path));
		await (isSilent ? eventually(() => isAsked) : until('HTTP/1.1 200 OK'));
		socket.destroy();
		await eventually(() => bytes.destroyed);
		await eventually(async () => served.connections() === 0);
		t.true(bytes.destroyed);
	}
});

test('a client that goes ends what it uploads, with an error', async t => {
	const ends: string[] = [];
	const read = async (tar: Readable) => {
		try {
			for await (const _ of tar) {
				ends.push('data');
			}

			ends.push('end');
		} catch (error) {
			ends.push((error as Error).message);
			throw error;
		}
	};

	const served = await serve(t, {
		writeArchive: async (_reference, _path, tar) => read(tar),
		// eslint-disable-next-line require-yield -- it fails first
		async * loadImages(tar) {
			await read(tar);
		},
		// eslint-disable-next-line require-yield -- it fails first
		async * buildImage(context) {
			await read(context);
		},
	});
	for (const [method, path] of [['PUT', '/containers/x/archive?path=/'], ['POST', '/images/load'], ['POST', '/build?t=x']] as const) {
		ends.length = 0;
		const {socket} = await connectRaw(t, served);
		socket.write(`${request(method, path, chunked)}3\r\nabc\r\n400\r\nabc`);
		await eventually(() => ends.length > 0);
		socket.destroy();
		await eventually(() => ends.at(-1) !== 'data');
		t.is(ends.at(-1), 'the client disconnected before it had sent the whole body');
	}

	await eventually(async () => served.connections() === 0);
});

test('a client that goes ends its session and leaves the process as it is, but for the input that only it could give', async t => {
	const attach = '/containers/x/attach?stream=1&stdin=1&stdout=1&stderr=1';
	const upgrade = 'Connection: Upgrade\r\nUpgrade: tcp\r\n';
	for (const [path, headers, terminal] of [
		[attach, upgrade, true],
		[attach, '', true],
		[attach, `${upgrade}Holm-Stdin: framed\r\n`, false],
		['/exec/x/start', `${upgrade}Content-Length: 0\r\n`, true],
		['/exec/x/start', `${upgrade}Content-Length: 0\r\nHolm-Stdin: framed\r\n`, false],
	] as const) {
		const fake = createFakeSession({terminal});
		const served = await serve(t, {
			container: async () => container(),
			attachContainer: async () => fake.session,
			startExec: async () => fake.session,
		});
		const {socket, until} = await connectRaw(t, served);
		socket.write(request('POST', path, headers));
		await until('\r\n\r\n');
		socket.write(headers.includes('framed') ? encodeStdin(Buffer.from('in')) : 'in');
		await eventually(() => fake.received() === 'in');
		socket.destroy();
		await eventually(() => fake.isClosed());
		t.is(fake.hasEndOfFile(), path !== attach && !terminal, path + headers);
		await eventually(async () => served.connections() === 0);
	}
});

test('output to a client that has gone ends its session', async t => {
	const fake = createFakeSession();
	const served = await serve(t, {container: async () => container(), attachContainer: async () => fake.session});
	const {socket, until} = await connectRaw(t, served);
	socket.write(request('POST', '/containers/x/attach?stream=1&stdout=1', 'Connection: Upgrade\r\nUpgrade: tcp\r\n'));
	await until('\r\n\r\n');
	socket.destroy();
	await eventually(() => {
		if (!fake.stdout.destroyed) {
			fake.stdout.write('x');
		}

		return fake.isClosed();
	});
	await eventually(async () => served.connections() === 0);
	t.true(fake.isClosed());
});

test('a client that only listened and has gone is found out without output', async t => {
	const fake = createFakeSession();
	const served = await serve(t, {
		container: async () => container(),
		attachContainer: async () => fake.session,
	}, {patienceMilliseconds: 1000});
	const {socket, until} = await connectRaw(t, served);
	socket.write(request('POST', '/containers/x/attach?stream=1&stdout=1', 'Connection: Upgrade\r\nUpgrade: tcp\r\n'));
	await until('\r\n\r\n');
	socket.end();
	await until('\u{1}\0\0\0\0\0\0\0');
	t.false(fake.isClosed());
	fake.stdout.write('still here');
	await until('still here');
	socket.destroy();
	await eventually(() => fake.isClosed());
	await eventually(async () => served.connections() === 0);
});

test('a client that does not close its half after its session is left', async t => {
	const fake = createFakeSession();
	const served = await serve(t, {
		container: async () => container(),
		attachContainer: async () => fake.session,
	}, {patienceMilliseconds: 1000});
	const {socket, until, ended} = await connectRaw(t, served);
	socket.write(request('POST', '/containers/x/attach?stream=1&stdin=1&stdout=1', 'Connection: Upgrade\r\nUpgrade: tcp\r\n'));
	await until('\r\n\r\n');
	fake.exit();
	await ended;
	await eventually(async () => served.connections() === 0);
	t.true(fake.isClosed());
});

test('a client that goes while its session is being opened leaves none', async t => {
	const fake = createFakeSession();
	const opening = Promise.withResolvers<typeof fake.session>();
	let isAsked = false;
	const served = await serve(t, {
		container: async () => container(),
		async attachContainer() {
			isAsked = true;
			return opening.promise;
		},
	});
	for (const headers of ['Connection: Upgrade\r\nUpgrade: tcp\r\n', '']) {
		isAsked = false;
		const {socket} = await connectRaw(t, served);
		socket.write(request('POST', '/containers/x/attach?stream=1&stdin=1&stdout=1', headers));
		await eventually(() => isAsked);
		socket.destroy();
	}

	await eventually(async () => served.connections() <= 1);
	opening.resolve(fake.session);
	await eventually(() => fake.isClosed());
	await eventually(async () => served.connections() === 0);
	t.true(fake.isClosed());
});
