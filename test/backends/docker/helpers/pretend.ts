import {mkdtemp, rm} from 'node:fs/promises';
import http, {type IncomingMessage, type ServerResponse} from 'node:http';
import {type AddressInfo, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {createDockerEngine} from '../../../../source/backends/docker/engine.js';
import type {Engine} from '../../../../source/engine/engine.js';

export type Pretender = {
	readonly engine: Engine;
	/** Method and address of every request, in order. */
	readonly requests: string[];
	readonly bodies: string[];
	readonly server: http.Server;
};

type Handlers = {
	/** By `METHOD /path`: JSON, or a function that answers itself. */
	readonly answers?: Readonly<Record<string, unknown>>;
	readonly onUpgrade?: (request: IncomingMessage, socket: Socket) => void;
	readonly server?: string;
	/** Listens on loopback and not on a socket in a directory. */
	readonly isTcp?: boolean;
};

export type Answerer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A server that answers as another engine does, with what the test says, and our backend connected to it. */
export const pretend = async (t: ExecutionContext, {answers = {}, onUpgrade, server: name = 'Docker/20.10.24 (linux)', isTcp = false}: Handlers): Promise<Pretender> => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-docker-'));
	const socketPath = path.join(directory, 'docker.sock');
	const requests: string[] = [];
	const bodies: string[] = [];
	const sockets = new Set<Socket>();
	const server = http.createServer((request, response) => {
		requests.push(`${request.method} ${request.url}`);
		const chunks: Uint8Array[] = [];
		request.on('data', (chunk: Uint8Array) => {
			chunks.push(chunk);
		});
		request.on('end', () => {
			const body = Buffer.concat(chunks).toString('latin1');
			bodies.push(body);
			response.setHeader('Server', name);
			const answer = answers[`${request.method} ${request.url?.split('?', 1)[0]}`];
			if (typeof answer === 'function') {
				(answer as Answerer)(request, response, body);
				return;
			}

			response.statusCode = answer === undefined && request.url !== '/_ping' ? 404 : 200;
			response.setHeader('Content-Type', 'application/json');
			response.end(JSON.stringify(answer ?? {message: 'page not found'}));
		});
	});
	server.on('connection', socket => {
		sockets.add(socket);
		socket.on('error', () => undefined);
	});
	if (onUpgrade) {
		server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
			requests.push(`${request.method} ${request.url}`);
			onUpgrade(request, socket);
		});
	}

	await new Promise<void>(resolve => {
		if (isTcp) {
			server.listen(0, '127.0.0.1', resolve);
		} else {
			server.listen(socketPath, resolve);
		}
	});
	t.teardown(async () => {
		server.close();
		for (const socket of sockets) {
			socket.destroy();
		}

		await rm(directory, {recursive: true, force: true});
	});
	const engine = createDockerEngine(isTcp
		? {kind: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port}
		: {kind: 'unix', path: socketPath});
	return {engine, requests, bodies, server};
};
