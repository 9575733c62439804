import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import net from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {Duplex} from 'node:stream';
import test, {type ExecutionContext} from 'ava';
import ssh2, {type ParsedKey} from 'ssh2';
import {forwardedAgent} from '../../../source/backends/ssh/forwarded-agent.js';

const directoryFor = async (t: ExecutionContext): Promise<string> => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-agent-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	return directory;
};

/** Asks an agent as OpenSSH's clients do. */
const clientOf = (t: ExecutionContext, connection: Duplex) => {
	const client = new ssh2.AgentProtocol(true);
	client.pipe(connection).pipe(client);
	t.teardown(() => {
		connection.destroy();
	});
	return {
		keys: async () => new Promise<readonly ParsedKey[]>((resolve, reject) => {
			client.getIdentities((error, keys = []) => {
				if (error) {
					reject(error);
				} else {
					resolve(keys);
				}
			});
		}),
		sign: async (key: ParsedKey, data: Buffer, hash?: 'sha256' | 'sha512') => new Promise<Buffer>((resolve, reject) => {
			client.sign(key, data, {hash}, (error, signature) => {
				if (error) {
					reject(error);
				} else {
					resolve(signature as unknown as Buffer);
				}
			});
		}),
	};
};

const message = (...bytes: readonly number[]) => Buffer.from([0, 0, 0, bytes.length, ...bytes]);

/** Sends bytes and resolves with what comes back until the connection is quiet for want of more requests, or ends. */
const exchange = async (connection: Duplex, sent: Buffer, length: number): Promise<Buffer> => {
	connection.write(sent);
	let received = Buffer.alloc(0);
	while (received.length < length) {
		const [chunk] = await once(connection, 'data') as [Uint8Array];
		received = Buffer.concat([received, chunk]);
	}

	return received;
};

test('keys of files sign, each in its way', async t => {
	const directory = await directoryFor(t);
	const files = await Promise.all((['ed25519', 'rsa', 'ecdsa'] as const).map(async kind => {
		const file = path.join(directory, kind);
		const {private: text} = kind === 'ed25519'
			? ssh2.utils.generateKeyPairSync('ed25519', {comment: 'mine'})
			: (kind === 'rsa' ? ssh2.utils.generateKeyPairSync('rsa', {bits: 2048}) : ssh2.utils.generateKeyPairSync('ecdsa', {bits: 521}));
		await writeFile(file, text, {mode: 0o600});
		return file;
	}));
	const connect = await forwardedAgent(files);
	const {keys, sign} = clientOf(t, await connect());
	const found = await keys();
	t.deepEqual(found.map(({type}) => type), ['ssh-ed25519', 'ssh-rsa', 'ecdsa-sha2-nistp521']);
	t.is(found[0]!.comment, 'mine');
	const data = Buffer.from('to be signed');
	const [edwards, rsa, curve] = found as [ParsedKey, ParsedKey, ParsedKey];
	t.true(edwards.verify(data, await sign(edwards, data)));
	for (const hash of ['sha256', 'sha512'] as const) {
		t.true(rsa.verify(data, await sign(rsa, data, hash), hash));
	}

	t.true(rsa.verify(data, await sign(rsa, data), 'sha1'));
	// Two numbers, each with its length.
	const signature = await sign(curve, data);
	const first = signature.readUInt32BE();
	t.is(4 + first + 4 + signature.readUInt32BE(4 + first), signature.length);
	const other = ssh2.utils.parseKey(ssh2.utils.generateKeyPairSync('ed25519').public) as ParsedKey;
	await t.throwsAsync(sign(other, data), {message: /failure/v});
});

test('steps cannot change an agent, nor flood it', async t => {
	const directory = await directoryFor(t);
	const asked: number[] = [];
	const closed: string[] = [];
	const server = net.createServer(socket => {
		socket.on('data', (chunk: Uint8Array) => {
			asked.push(chunk[4]!);
			socket.write(message(12, 0, 0, 0, 0));
		});
		socket.on('close', () => {
			closed.push('agent');
			server.emit('left');
		});
	}).listen(path.join(directory, 'agent'));
	await once(server, 'listening');
	t.teardown(() => {
		server.close();
	});
	const connect = await forwardedAgent([path.join(directory, 'agent')]);
	const connection = await connect();
	// Adding a key, removing all, locking, an extension; then the list.
	const requests = Buffer.concat([message(17, 1), message(19), message(22, 0, 0, 0, 0), message(27, 1), message(11)]);
	const answers = await exchange(connection, requests, (4 * 5) + 9);
	t.deepEqual(answers, Buffer.concat([message(5), message(5), message(5), message(5), message(12, 0, 0, 0, 0)]));
	t.deepEqual(asked, [11]);
	const left = once(server, 'left');
	connection.destroy();
	await left;
	const flooding = await connect();
	const failed = once(flooding, 'error');
	flooding.write(Buffer.from([0xFF, 0xFF, 0xFF, 0xFF, 11]));
	flooding.resume();
	t.regex((await failed as [Error])[0].message, /too long/v);
});

test('what is no agent and no key is an error before the build', async t => {
	const directory = await directoryFor(t);
	const file = path.join(directory, 'text');
	await writeFile(file, 'text');
	await t.throwsAsync(forwardedAgent([file]), {code: 'invalid', message: /is neither the socket of an agent nor a private key/v});
	await t.throwsAsync(forwardedAgent([path.join(directory, 'gone')]), {code: 'invalid', message: /cannot be read: ENOENT/v});
	const locked = path.join(directory, 'locked');
	await writeFile(locked, ssh2.utils.generateKeyPairSync('ed25519', {passphrase: 'x', cipher: 'aes256-ctr', rounds: 1}).private);
	const error = await t.throwsAsync(forwardedAgent([locked]), {code: 'invalid', message: /has a passphrase/v} as object);
	t.regex((error as unknown as {readonly remedy: string}).remedy, /ssh-add/v);
});
