import type {Duplex} from 'node:stream';
import {randomBytes} from 'node:crypto';
import {BinaryReader, BinaryWriter, WireType} from '@bufbuild/protobuf/wire';
import {serveUnary, type UnaryAnswer} from './unary.js';

/** What a build may ask of its client. */
export type SessionSources = {
	/** The login for a registry, by host and port; that of Docker Hub is `registry-1.docker.io`. */
	readonly credentials: (registry: string) => {readonly username: string; readonly password: string} | undefined;
	/** Secrets by id. */
	readonly secrets: ReadonlyMap<string, Uint8Array>;
};

/** The first field of a message, which is text; empty if it has none. */
const firstText = (bytes: Uint8Array): string => {
	const reader = new BinaryReader(bytes);
	while (reader.pos < reader.len) {
		const [field, type] = reader.tag();
		if (field === 1 && type === WireType.LengthDelimited) {
			return reader.string();
		}

		reader.skip(type, field);
	}

	return '';
};

const methods = {
	credentials: '/moby.filesync.v1.Auth/Credentials',
	secret: '/moby.buildkit.secrets.v1.Secrets/GetSecret',
	health: '/grpc.health.v1.Health/Check',
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
			'X-Docker-Expose-Session-Grpc-Method': Object.values(methods),
		},
	};
};

/**
Answers the questions of a build over the connection of its session. Methods and messages are those of BuildKit's `session/auth` and `session/secrets`.

Returns a function that ends the connection.
*/
export const serveSession = (connection: Duplex, {credentials, secrets}: SessionSources): () => void => {
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
			return secret === undefined ? 'not-found' : new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(secret).finish();
		},
		health: () => healthy,
	};
	return serveUnary(connection, new Map(Object.entries(answers).map(([name, answer]) => [methods[name as keyof typeof methods], answer])));
};
