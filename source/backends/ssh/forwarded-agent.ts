import {Buffer} from 'node:buffer';
import {sign} from 'node:crypto';
import {stat} from 'node:fs/promises';
import net from 'node:net';
import {Duplex} from 'node:stream';
import type {ParsedKey} from 'ssh2';
import {HolmError, messageOf} from '../../engine/errors.js';
import {splitByLength} from '../../wire/split-by-length.js';
import {readKeyFile} from './key-file.js';

/** Messages of an agent. Source: draft-miller-ssh-agent. */
const messages = {
	failure: 5, identitiesRequest: 11, identitiesAnswer: 12, signRequest: 13, signAnswer: 14,
} as const;

/** As OpenSSH's agent has it. */
const maximumMessageBytes = 256 * 1024;

const failure = Buffer.from([messages.failure]);

const text = (bytes: Uint8Array | string): Buffer => {
	const content = Buffer.from(bytes as Uint8Array);
	const length = Buffer.alloc(4);
	length.writeUInt32BE(content.length);
	return Buffer.concat([length, content]);
};

/** The messages of a side of a connection, without their lengths, not empty. Throws for one that is too long. */
const messagesOf = (bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, number> => splitByLength(bytes, 4, header => {
	const length = header.readUInt32BE();
	if (length === 0 || length > maximumMessageBytes) {
		throw new Error('a message of the agent is empty or too long');
	}

	return length;
});

/** What steps may ask for: the public keys, and signatures. The agent's keys stay as they are. */
const isAllowed = (message: Buffer): boolean => message[0] === messages.identitiesRequest || message[0] === messages.signRequest;

type Serve = (asked: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array, void>;

const connectionOf = (serve: Serve): Duplex => Duplex.from(serve);

/** A connection to the agent at a socket, for what is allowed. */
const connectThrough = (path: string): Duplex => {
	const socket = net.connect(path);
	socket.on('error', () => undefined);
	const answers = messagesOf(socket);
	const connection = connectionOf(async function * (asked) {
		for await (const message of messagesOf(asked)) {
			if (!isAllowed(message)) {
				yield text(failure);
				continue;
			}

			socket.write(text(message));
			const answer = await answers.next();
			if (answer.done) {
				return;
			}

			yield text(answer.value);
		}
	});
	// The agent may be waiting for its user.
	connection.once('close', () => {
		socket.destroy();
	});
	return connection;
};

/** The parts of a request, each with its length before it, from the second byte on; undefined if one is cut off. */
const partsOf = (message: Buffer, count: number): {readonly parts: readonly Buffer[]; readonly rest: Buffer} | undefined => {
	const parts: Buffer[] = [];
	let at = 1;
	for (let index = 0; index < count; index++) {
		const start = at + 4;
		at = message.length < start ? Infinity : start + message.readUInt32BE(at);
		if (at > message.length) {
			return undefined;
		}

		parts.push(message.subarray(start, at));
	}

	return {parts, rest: message.subarray(at)};
};

/** A number as SSH writes it, without needless zeros and never negative. */
const number = (bytes: Buffer): Buffer => {
	const first = bytes.findIndex(byte => byte !== 0);
	const digits = first === -1 ? Buffer.alloc(0) : bytes.subarray(first);
	return text(digits.length > 0 && digits[0]! >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits);
};

const curveHashes: Readonly<Record<string, string>> = {
	'ecdsa-sha2-nistp256': 'sha256', 'ecdsa-sha2-nistp384': 'sha384', 'ecdsa-sha2-nistp521': 'sha512',
};

/** Flags of a request for a signature of RSA; without one it is SHA-1. */
const rsaNames = [[2, 'rsa-sha2-256', 'sha256'], [4, 'rsa-sha2-512', 'sha512'], [0, 'ssh-rsa', 'sha1']] as const;

/** A signature with the name of its format; undefined for a key of another kind. */
const signatureOf = (key: ParsedKey, data: Buffer, flags: number): Buffer | undefined => {
	const pem = key.getPrivatePEM();
	if (key.type === 'ssh-ed25519') {
		return Buffer.concat([text(key.type), text(sign(null, data, pem))]);
	}

	if (key.type === 'ssh-rsa') {
		const [, name, hash] = rsaNames.find(([flag]) => (flags & flag) === flag)!;
		return Buffer.concat([text(name), text(sign(hash, data, pem))]);
	}

	const hash = curveHashes[key.type];
	if (hash === undefined) {
		return undefined;
	}

	const both = sign(hash, data, {key: pem, dsaEncoding: 'ieee-p1363'});
	const half = both.length / 2;
	return Buffer.concat([text(key.type), text(Buffer.concat([number(both.subarray(0, half)), number(both.subarray(half))]))]);
};

const answerWith = (keys: readonly ParsedKey[], message: Buffer): Buffer => {
	if (message[0] === messages.identitiesRequest) {
		const count = Buffer.alloc(5);
		count[0] = messages.identitiesAnswer;
		count.writeUInt32BE(keys.length, 1);
		return Buffer.concat([count, ...keys.flatMap(key => [text(key.getPublicSSH()), text(key.comment ?? '')])]);
	}

	if (message[0] === messages.signRequest) {
		const {parts: [blob, data] = [], rest} = partsOf(message, 2) ?? {};
		const key = blob && keys.find(other => other.getPublicSSH().equals(blob));
		const signature = key && data && rest?.length === 4 ? signatureOf(key, data, rest.readUInt32BE()) : undefined;
		if (signature) {
			return Buffer.concat([Buffer.from([messages.signAnswer]), text(signature)]);
		}
	}

	return failure;
};

/** A connection to an agent that has keys of files. */
const connectTo = (keys: readonly ParsedKey[]): Duplex => connectionOf(async function * (asked) {
	for await (const message of messagesOf(asked)) {
		yield text(answerWith(keys, message));
	}
});

const readKey = async (file: string): Promise<ParsedKey> => {
	const content = await readKeyFile(file);
	if (content.kind === 'encrypted') {
		throw new HolmError('invalid', `the key ${file} has a passphrase`, {remedy: 'give it to an agent with ssh-add, and forward that: --ssh default'});
	}

	if (content.kind !== 'private') {
		throw new HolmError('invalid', `${file} is neither the socket of an agent nor a private key`, {remedy: 'give --ssh ID=SOCKET or --ssh ID=KEY'});
	}

	return content.key;
};

/** An agent for the steps of a build, as a function that connects to it: one at a socket, or one of keys in files. It lists its keys and signs, and does nothing else. Throws `invalid` for files that are none of these. */
export const forwardedAgent = async (paths: readonly string[]): Promise<() => Promise<Duplex>> => {
	const isSocket = async (path: string) => {
		try {
			const status = await stat(path);
			return status.isSocket();
		} catch (error) {
			throw new HolmError('invalid', `the agent or key ${path} cannot be read: ${messageOf(error)}`, {remedy: 'check its path', cause: error});
		}
	};

	const sockets = await Promise.all(paths.map(async path => isSocket(path)));
	if (sockets.includes(true) && paths.length > 1) {
		throw new HolmError('invalid', 'one id of --ssh is either one agent or several keys', {remedy: 'give each agent an id of its own'});
	}

	if (sockets.includes(true)) {
		return async () => connectThrough(paths[0]!);
	}

	const keys = await Promise.all(paths.map(async path => readKey(path)));
	return async () => connectTo(keys);
};
