import {randomBytes} from 'node:crypto';
import {Readable, type Duplex} from 'node:stream';
import {BinaryReader, BinaryWriter, WireType} from '@bufbuild/protobuf/wire';
import type {BuildOptions} from '../../engine/build.js';
import {HolmError} from '../../engine/errors.js';
import {writeSlowly} from '../write-slowly.js';
import {serveCalls, type StreamCall, type UnaryAnswer} from './calls.js';

/** What a build may ask of its client. */
export type SessionSources = {
	/** The login for a registry, by host and port; that of Docker Hub is `registry-1.docker.io`. */
	readonly credentials: (registry: string) => {readonly username: string; readonly password: string} | undefined;
	/** Secrets by id. */
	readonly secrets: ReadonlyMap<string, Uint8Array>;
} & Pick<BuildOptions, 'agents' | 'takeFiles'>;

const noBytes = new Uint8Array(0);

/** The first field of a message, which is bytes; empty if it has none. */
const firstBytes = (bytes: Uint8Array): Uint8Array => {
	const reader = new BinaryReader(bytes);
	while (reader.pos < reader.len) {
		const [field, type] = reader.tag();
		if (field === 1 && type === WireType.LengthDelimited) {
			return reader.bytes();
		}

		reader.skip(type, field);
	}

	return noBytes;
};

const firstText = (bytes: Uint8Array): string => new TextDecoder().decode(firstBytes(bytes));

const messageWith = (bytes: Uint8Array): Uint8Array => new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(bytes).finish();

const methods = {
	credentials: '/moby.filesync.v1.Auth/Credentials',
	secret: '/moby.buildkit.secrets.v1.Secrets/GetSecret',
	health: '/grpc.health.v1.Health/Check',
	checkAgent: '/moby.sshforward.v1.SSH/CheckAgent',
};

const streams = {
	forwardAgent: '/moby.sshforward.v1.SSH/ForwardAgent',
	files: '/moby.filesync.v1.FileSend/DiffCopy',
};

const healthy = new BinaryWriter().tag(1, WireType.Varint).int32(1).finish();

/** The id of a session and the head with which a client offers it. */
export const newSession = () => {
	const id = randomBytes(16).toString('hex');
	return {
		id,
		headers: {
			'X-Docker-Expose-Session-Uuid': id,
			'X-Docker-Expose-Session-Name': 'holm',
			'X-Docker-Expose-Session-Grpc-Method': [...Object.values(methods), ...Object.values(streams)],
		},
	};
};

const defaultAgent = 'default';

/** Joins a connection of a step with one to the agent that it names. */
const forwardAgent = async ({headers, messages, send}: StreamCall, agents: BuildOptions['agents']): Promise<void> => {
	const id = headers['buildkit.ssh.id'];
	const open = agents?.get(typeof id === 'string' ? id : defaultAgent);
	if (!open) {
		throw new Error('there is no such agent');
	}

	const agent = await open();
	agent.on('error', () => undefined);
	const failed = Promise.withResolvers<never>();
	const ask = async () => {
		for await (const message of messages) {
			await writeSlowly(agent, firstBytes(message));
		}

		agent.end();
	};

	const answer = async () => {
		for await (const chunk of agent as AsyncIterable<Uint8Array>) {
			await send(messageWith(chunk));
		}
	};

	ask().catch(failed.reject);
	try {
		await Promise.race([answer(), failed.promise]);
	} finally {
		agent.destroy();
	}
};

/** The error of files that have not all come. */
export const lostFiles = (cause?: unknown): HolmError => new HolmError('unavailable', 'Build failed: the builder ended before it sent all files', {remedy: 'build again; holm builder logs may say why', cause});

const contentOf = async function * (messages: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
	try {
		for await (const message of messages) {
			yield firstBytes(message);
		}
	} catch (error) {
		throw lostFiles(error);
	}
};

/**
Answers the questions of a build over the connection of its session. Methods and messages are those of BuildKit's `session/auth`, `session/secrets`, `session/sshforward` and `session/filesync`.

Returns a function that ends the connection.
*/
export const serveSession = (connection: Duplex, {credentials, secrets, agents, takeFiles}: SessionSources): () => void => {
	let isTaken = false;
	const answers: Readonly<Record<keyof typeof methods, (request: Uint8Array) => UnaryAnswer>> = {
		credentials(request) {
			const {username = '', password = ''} = credentials(firstText(request)) ?? {};
			return new BinaryWriter()
				.tag(1, WireType.LengthDelimited).string(username)
				.tag(2, WireType.LengthDelimited).string(password)
				.finish();
		},
		secret(request) {
			const secret = secrets.get(firstText(request));
			return secret === undefined ? 'not-found' : messageWith(secret);
		},
		health: () => healthy,
		// BuildKit's message for this code says that the client has forwarded none.
		checkAgent: request => agents?.has(firstText(request) || defaultAgent) ? noBytes : 'unimplemented',
	};
	const takers: Readonly<Record<keyof typeof streams, (call: StreamCall) => Promise<void>>> = {
		forwardAgent: async call => forwardAgent(call, agents),
		async files({messages}) {
			if (!takeFiles || isTaken) {
				throw new Error('no files are wanted');
			}

			isTaken = true;
			await takeFiles(Readable.from(contentOf(messages), {objectMode: false}));
		},
	};
	return serveCalls(connection, {
		unary: new Map(Object.entries(answers).map(([name, answer]) => [methods[name as keyof typeof methods], answer])),
		streams: new Map(Object.entries(takers).map(([name, take]) => [streams[name as keyof typeof streams], take])),
	});
};
