import {Buffer} from 'node:buffer';
import {mkdtemp, rm} from 'node:fs/promises';
import http, {type IncomingHttpHeaders, type Server} from 'node:http';
import net, {type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import type {ExecutionContext} from 'ava';
import {listenOn} from '../../../source/api/listeners.js';
import {createApiServer, type ApiServerOptions} from '../../../source/api/server.js';
import type {Engine} from '../../../source/engine/engine.js';

/** Fails on verbs that a partial engine lacks: a mistake of the test. */
const version: Engine['version'] = async () => ({
	name: 'Holm', version: '9.9.9', apiVersion: '1.47', minimumApiVersion: '1.40', os: 'linux', architecture: 'amd64', kernel: '6.1',
});

export type Served = {
	readonly server: Server;
	readonly socketPath: string;
	/** Open connections. */
	readonly connections: () => number;
};

/** Where a test says nothing of its execs, they have standard input. */
const exec: Engine['exec'] = async id => ({
	id,
	containerId: 'a'.repeat(64),
	configuration: {
		command: ['sh'], terminal: false, stdin: true, environment: [], privileged: false,
	},
	running: true,
});

/** Serves a partial engine on a temporary socket until the test ends. */
export const serve = async (t: ExecutionContext, engine: Partial<Engine>, options?: ApiServerOptions): Promise<Served> => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-api-'));
	const socketPath = path.join(directory, 'engine.sock');
	const server = createApiServer({version, exec, ...engine} as Engine, options);
	const open = new Set<Socket>();
	server.on('connection', (socket: Socket) => {
		open.add(socket);
		socket.once('close', () => {
			open.delete(socket);
		});
	});
	const close = await listenOn(server, {kind: 'unix', path: socketPath});
	t.teardown(async () => {
		close();
		server.closeAllConnections();
		await rm(directory, {recursive: true, force: true});
	});
	return {
		server,
		socketPath,
		connections: () => open.size,
	};
};

export type Reply = {readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer; readonly json: unknown};

type Asked = {readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string | Uint8Array};

const parse = (text: string): unknown => {
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return undefined;
	}
};

/** Sends one request; resolves with the whole response. */
export const ask = async ({socketPath}: Pick<Served, 'socketPath'>, requestPath: string, {method = 'GET', headers = {}, body}: Asked = {}): Promise<Reply> => {
	const request = http.request({
		socketPath, path: requestPath, method, headers, agent: false,
	});
	const {promise, resolve, reject} = Promise.withResolvers<http.IncomingMessage>();
	request.once('response', resolve);
	request.once('error', reject);
	request.end(body);
	const response = await promise;
	const chunks = await response.toArray() as Uint8Array[];
	const whole = Buffer.concat(chunks);
	return {status: response.statusCode ?? 0, headers: response.headers, body: whole, json: parse(whole.toString())};
};

/** A request with a body of JSON. */
export const post = async (served: Served, requestPath: string, json: unknown = {}): Promise<Reply> =>
	ask(served, requestPath, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(json)});

export type Raw = {
	readonly socket: Socket;
	readonly text: () => string;
	/** Resolves when the received text contains `expected`. */
	readonly until: (expected: string) => Promise<string>;
	/** Resolves with everything received when the other side has ended. */
	readonly ended: Promise<Buffer>;
};

/** A connection on which the test writes every byte itself. */
export const connectRaw = async (t: ExecutionContext, {socketPath}: Served): Promise<Raw> => {
	const socket = net.connect({path: socketPath, allowHalfOpen: true});
	t.teardown(() => {
		socket.destroy();
	});
	const chunks: Uint8Array[] = [];
	const ended = Promise.withResolvers<Buffer>();
	socket.on('data', (chunk: Buffer) => {
		chunks.push(chunk);
	});
	const onEnd = () => {
		ended.resolve(Buffer.concat(chunks));
	};

	socket.on('end', onEnd).on('close', onEnd).on('error', onEnd);
	await new Promise<void>((resolve, reject) => {
		socket.once('connect', resolve);
		socket.once('error', reject);
	});
	const text = () => Buffer.concat(chunks).toString('latin1');
	return {
		socket,
		text,
		async until(expected) {
			while (!text().includes(expected)) {
				if (socket.readableEnded || socket.destroyed) {
					throw new Error(`the connection ended without ${JSON.stringify(expected)}: ${text()}`);
				}

				await delay(5);
			}

			return text();
		},
		ended: ended.promise,
	};
};

/** Resolves when a condition holds; the only time limit is the test's. */
export const eventually = async (isTrue: () => boolean | Promise<boolean>): Promise<void> => {
	while (!await isTrue()) {
		await delay(5);
	}
};
