import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import http2, {type IncomingHttpHeaders} from 'node:http2';
import net, {type AddressInfo, type Socket} from 'node:net';
import {buffer} from 'node:stream/consumers';
import test, {type ExecutionContext} from 'ava';
import {BinaryReader, BinaryWriter, WireType} from '@bufbuild/protobuf/wire';
import {newSession, serveSession} from '../../../source/wire/buildkit/session.js';

/** A client that asks as BuildKit does, over a connection of its own. */
const clientFor = async (t: ExecutionContext) => {
	const server = net.createServer();
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
	const [accepted] = await once(server, 'connection') as [Socket];
	const end = serveSession(accepted, {
		credentials: registry => registry === 'registry.example' ? {username: 'ada', password: 'secret'} : undefined,
		secrets: new Map([['token', Buffer.from([0, 255])]]),
	});
	const client = http2.connect('http://session', {createConnection: () => socket});
	client.on('error', () => undefined);
	t.teardown(() => {
		client.destroy();
		end();
		server.close();
	});
	return async (path: string, message: Uint8Array) => {
		const stream = client.request({':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers'});
		let status: unknown;
		stream.on('trailers', (trailers: IncomingHttpHeaders) => {
			status = trailers['grpc-status'];
		});
		const head = Buffer.alloc(5);
		head.writeUInt32BE(message.length, 1);
		stream.end(Buffer.concat([head, message]));
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
