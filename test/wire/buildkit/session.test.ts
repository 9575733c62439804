import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import http2, {type IncomingHttpHeaders} from 'node:http2';
import net, {type AddressInfo, type Socket} from 'node:net';
import {Duplex, PassThrough, type Readable} from 'node:stream';
import {buffer, text as readText} from 'node:stream/consumers';
import test, {type ExecutionContext} from 'ava';
import {BinaryReader, BinaryWriter, WireType} from '@bufbuild/protobuf/wire';
import {splitMessages} from '../../../source/wire/buildkit/calls.js';
import {newSession, serveSession, type SessionSources} from '../../../source/wire/buildkit/session.js';

/** A client of a session, over a connection of its own. */
const connect = async (t: ExecutionContext, sources: Partial<SessionSources> = {}) => {
	const server = net.createServer();
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
	const [accepted] = await once(server, 'connection') as [Socket];
	const end = serveSession(accepted, {
		credentials: registry => registry === 'registry.example' ? {username: 'ada', password: 'secret'} : undefined,
		secrets: new Map([['token', Buffer.from([0, 255])]]),
		...sources,
	});
	const client = http2.connect('http://session', {createConnection: () => socket});
	client.on('error', () => undefined);
	t.teardown(() => {
		client.destroy();
		end();
		server.close();
	});
	return client;
};

const framed = (message: Uint8Array) => {
	const head = Buffer.alloc(5);
	head.writeUInt32BE(message.length, 1);
	return Buffer.concat([head, message]);
};

/** A client that asks as BuildKit does. */
const clientFor = async (t: ExecutionContext, sources?: Partial<SessionSources>) => {
	const client = await connect(t, sources);
	return async (path: string, message: Uint8Array) => {
		const stream = client.request({':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers'});
		let status: unknown;
		stream.on('trailers', (trailers: IncomingHttpHeaders) => {
			status = trailers['grpc-status'];
		});
		stream.end(framed(message));
		const answer = await buffer(stream);
		return {status, answer: answer.length === 0 ? undefined : answer.subarray(5)};
	};
};

const text = (value: string) => new BinaryWriter().tag(1, WireType.LengthDelimited).string(value).finish();

const fieldsOf = (message: Uint8Array) => {
	const reader = new BinaryReader(message);
	const fields: Uint8Array[] = [];
	while (reader.pos < reader.len) {
		reader.tag();
		fields.push(reader.bytes());
	}

	return fields.map(field => Buffer.from(field).toString('latin1'));
};

test('a session answers for the login of a registry, and for secrets', async t => {
	const ask = await clientFor(t);
	const login = await ask('/moby.filesync.v1.Auth/Credentials', text('registry.example'));
	t.is(login.status, '0');
	t.deepEqual(fieldsOf(login.answer!), ['ada', 'secret']);
	t.deepEqual(fieldsOf((await ask('/moby.filesync.v1.Auth/Credentials', text('other.example'))).answer!), ['', '']);
	t.deepEqual(fieldsOf((await ask('/moby.buildkit.secrets.v1.Secrets/GetSecret', text('token'))).answer!), ['\0\u{FF}']);
	t.is((await ask('/moby.buildkit.secrets.v1.Secrets/GetSecret', text('none'))).status, '5');
	t.is((await ask('/moby.filesync.v1.FileSync/DiffCopy', text(''))).status, '12');
	t.is((await ask('/grpc.health.v1.Health/Check', new Uint8Array(0))).status, '0');
	t.is((await ask('/moby.buildkit.secrets.v1.Secrets/GetSecret', Buffer.alloc(0))).status, '5');
});

test('a request that is too long, or no message, ends without harm', async t => {
	const ask = await clientFor(t);
	await t.throwsAsync(ask('/moby.filesync.v1.Auth/Credentials', Buffer.alloc(100_000)));
	const broken = await ask('/moby.filesync.v1.Auth/Credentials', Buffer.from([0x0A, 0xFF, 0xFF]));
	t.is(broken.status, '3');
	t.is((await ask('/grpc.health.v1.Health/Check', new Uint8Array(0))).status, '0');
});

test('a call that is cancelled before its end ends without an error', async t => {
	const server = net.createServer();
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const far = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
	const [near] = await once(server, 'connection') as [Socket];
	const end = serveSession(near, {credentials: () => undefined, secrets: new Map()});
	t.teardown(() => {
		far.destroy();
		end();
		server.close();
	});
	const frame = (type: number, flags: number, stream: number, payload: Uint8Array) => {
		const head = Buffer.alloc(9);
		head.writeUIntBE(payload.length, 0, 3);
		head[3] = type;
		head[4] = flags;
		head.writeUInt32BE(stream, 5);
		return Buffer.concat([head, payload]);
	};

	const short = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
	const fields = {':method': 'POST', ':scheme': 'http', ':path': '/moby.filesync.v1.Auth/Credentials', ':authority': 'x'};
	const headers = Buffer.concat(Object.entries(fields).flatMap(([name, value]) => [Buffer.from([0]), short(name), short(value)]));
	// What is between the settings and the ping is read at once: a call, and its cancellation.
	far.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0, Buffer.alloc(0)), frame(1, 4, 1, headers), frame(3, 0, 1, Buffer.from([0, 0, 0, 8])), frame(6, 0, 0, Buffer.from('a ping !'))]));
	let received = '';
	while (!received.includes('a ping !')) {
		const [chunk] = await once(far, 'data') as [Uint8Array];
		received += Buffer.from(chunk).toString('latin1');
	}

	t.false(near.destroyed);
});

test('each session has an id of its own, and names what it serves', t => {
	const {id, headers} = newSession();
	t.not(id, newSession().id);
	t.is(headers['X-Docker-Expose-Session-Uuid'], id);
	t.true(headers['X-Docker-Expose-Session-Grpc-Method'].includes('/moby.filesync.v1.Auth/Credentials'));
});

test('a session that ends at once, with bytes of the other side waiting, ends without an error', async t => {
	const server = net.createServer();
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
	const [accepted] = await once(server, 'connection') as [Socket];
	accepted.unshift(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'));
	const closed = once(accepted, 'close');
	serveSession(accepted, {credentials: () => undefined, secrets: new Map()})();
	await closed;
	t.true(accepted.destroyed);
	socket.destroy();
	server.close();
});

/** Begins a call with messages in both directions; `status` resolves at its end. */
const call = (client: http2.ClientHttp2Session, path: string, headers: Readonly<Record<string, string>> = {}) => {
	const stream = client.request({
		':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...headers,
	});
	const status = new Promise<IncomingHttpHeaders>(resolve => {
		stream.on('trailers', resolve);
	});
	return {stream, status};
};

const forward = '/moby.sshforward.v1.SSH/ForwardAgent';
const send = '/moby.filesync.v1.FileSend/DiffCopy';

/** An agent that says what it heard, in capitals. */
const echo = () => Duplex.from(async function * (asked: AsyncIterable<Uint8Array>) {
	for await (const chunk of asked) {
		yield Buffer.from(Buffer.from(chunk).toString().toUpperCase());
	}
});

test('a step talks with the agent that it names, until it leaves', async t => {
	const agents = new Map([['default', async () => echo()], ['other', async (): Promise<Duplex> => {
		throw new Error('refused by the agent');
	}]]);
	const ask = await clientFor(t, {agents});
	t.is((await ask('/moby.sshforward.v1.SSH/CheckAgent', new Uint8Array(0))).status, '0');
	t.is((await ask('/moby.sshforward.v1.SSH/CheckAgent', text('other'))).status, '0');
	t.is((await ask('/moby.sshforward.v1.SSH/CheckAgent', text('third'))).status, '12');
	const client = await connect(t, {agents});
	const one = call(client, forward, {'buildkit.ssh.id': 'default'});
	// A message in two pieces, and two in one.
	const first = framed(text('list'));
	one.stream.write(first.subarray(0, 3));
	one.stream.write(first.subarray(3));
	one.stream.end(Buffer.concat([framed(text('sign ')), framed(text('twice'))]));
	const answered: string[] = [];
	for await (const message of splitMessages(one.stream)) {
		answered.push(...fieldsOf(message));
	}

	t.is(answered.join(''), 'LISTSIGN TWICE');
	t.is((await one.status)['grpc-status'], '0');
	const two = call(client, forward, {'buildkit.ssh.id': 'other'});
	two.stream.resume();
	t.like(await two.status, {'grpc-status': '2', 'grpc-message': 'refused by the agent'});
	const none = call(client, forward, {'buildkit.ssh.id': 'third'});
	none.stream.resume();
	t.is((await none.status)['grpc-status'], '2');
});

test('an agent that is slow to read is waited for, each time by the same listeners', async t => {
	const agent = new PassThrough({highWaterMark: 1});
	let most = 0;
	agent.on('drain', () => {
		most = Math.max(most, agent.listenerCount('close'));
	});
	const client = await connect(t, {agents: new Map([['default', async () => agent]])});
	const {stream, status} = call(client, forward);
	stream.end(Buffer.concat(Array.from({length: 50}, () => framed(text('asked')))));
	const answered = await Array.fromAsync(splitMessages(stream));
	t.is(answered.map(message => fieldsOf(message).join('')).join(''), 'asked'.repeat(50));
	t.is((await status)['grpc-status'], '0');
	t.true(most > 0 && most < 10);
});

test('the files of a result are taken once, and only if they are wanted', async t => {
	const taken: string[] = [];
	const client = await connect(t, {
		async takeFiles(tar: Readable) {
			taken.push(await readText(tar));
		},
	});
	const {stream, status} = call(client, send);
	stream.resume();
	stream.write(framed(text('a'.repeat(100_000))));
	stream.end(framed(text('end')));
	t.is((await status)['grpc-status'], '0');
	t.deepEqual(taken, [`${'a'.repeat(100_000)}end`]);
	const again = call(client, send);
	again.stream.resume();
	t.like(await again.status, {'grpc-status': '2', 'grpc-message': 'no files are wanted'});
	const unwanted = call(await connect(t), send);
	unwanted.stream.resume();
	t.is((await unwanted.status)['grpc-status'], '2');
});

test('files whose sender vanishes are not complete', async t => {
	const begun = Promise.withResolvers<void>();
	const taken = Promise.withResolvers<string>();
	const client = await connect(t, {
		async takeFiles(tar: Readable) {
			tar.once('data', () => {
				begun.resolve();
			});
			taken.resolve(readText(tar));
			await taken.promise;
		},
	});
	call(client, send).stream.on('error', () => undefined).write(framed(text('half')));
	await begun.promise;
	client.destroy();
	await t.throwsAsync(taken.promise, {code: 'unavailable', message: /before it sent all files/v});
});

test('messages of a stream are split, and what is none is refused', async t => {
	const split = async (...chunks: readonly Uint8Array[]) => {
		const found = await Array.fromAsync(splitMessages((async function * () {
			yield * chunks;
		})()));
		return found.map(message => Buffer.from(message).toString());
	};

	const two = Buffer.concat([framed(Buffer.from('one')), framed(Buffer.from('')), framed(Buffer.from('two'))]);
	t.deepEqual(await split(two), ['one', '', 'two']);
	t.deepEqual(await split(...Array.from(two, byte => Buffer.from([byte]))), ['one', '', 'two']);
	t.deepEqual(await split(), []);
	await t.throwsAsync(split(two.subarray(0, 6)), {message: /not complete/v});
	await t.throwsAsync(split(Buffer.from([1, 0, 0, 0, 0])), {message: /compressed/v});
	await t.throwsAsync(split(Buffer.from([0, 255, 255, 255, 255])), {message: /too long/v});
});
