import {mkdtemp, rm} from 'node:fs/promises';
import net from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {Duplex} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {describeAddress, type ReachableAddress} from '../wire/addresses.js';
import {HolmError, messageOf} from '../engine/errors.js';
import {createClient} from '../backends/docker/client.js';
import {reachEngine, type ConnectOptions} from './connect.js';

/** An engine for programs that speak Docker's API. */
export type DockerHost = {
	/** The variables that direct Docker's programs to the engine, and only to it; undefined ones must be unset. */
	readonly environment: Readonly<Record<string, string | undefined>>;
	/** Variables that help where the user has not set them. */
	readonly defaults: Readonly<Record<string, string>>;
	/** Ends the relay, if the engine needs one. */
	readonly close: () => Promise<void>;
};

type Dial = () => Promise<Duplex>;

/** How long an engine may take for its first answer, and for the handshake of each connection. */
const answerLimitMs = 30_000;

const silent = (address: ReachableAddress, cause?: unknown) => new HolmError('unavailable', `the engine at ${describeAddress(address)} does not answer`, {remedy: 'check whether it still runs', cause});

/** How to reach an engine that has no address of its own for Docker's programs: they cannot be given certificates as text, nor Holm's SSH connection. */
const dialOf = (address: ReachableAddress): Dial | undefined => {
	if (address.kind === 'ssh') {
		return address.dial;
	}

	if (address.kind !== 'tcp' || address.tls === undefined) {
		return undefined;
	}

	const {host, port, tls} = address;
	return async () => {
		const {connect: connectTls} = await import('node:tls');
		const socket = connectTls({...tls, host, port, ...net.isIP(host) === 0 && {servername: host}});
		const {promise, resolve, reject} = Promise.withResolvers<undefined>();
		socket.once('secureConnect', resolve).once('error', reject);
		socket.setTimeout(answerLimitMs, () => {
			socket.destroy(silent(address));
		});
		await promise;
		socket.setTimeout(0);
		return socket;
	};
};

/** Listens on a socket that only this user can reach, and passes each connection on. `onFailure` gets the reason of one that cannot be. */
const relay = async (dial: Dial, onFailure: (error: unknown) => void) => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-'));
	const clients = new Set<net.Socket>();
	const passOn = async (client: net.Socket) => {
		try {
			const engine = await dial();
			// Each direction ends by itself: a client may finish its input and still read.
			await Promise.all([pipeline(client, engine), pipeline(engine, client)]).catch(() => {
				engine.destroy();
			});
		} catch (error) {
			onFailure(error);
		} finally {
			client.destroy();
		}
	};

	const server = net.createServer({allowHalfOpen: true}, client => {
		clients.add(client);
		client.on('error', () => undefined).once('close', () => {
			clients.delete(client);
		});
		void passOn(client);
	});
	const socket = path.join(directory, 'engine.sock');
	const {promise, resolve, reject} = Promise.withResolvers<undefined>();
	server.once('error', reject).listen(socket, () => {
		resolve(undefined);
	});
	const close = async () => {
		server.close();
		for (const client of clients) {
			client.destroy();
		}

		await rm(directory, {recursive: true, force: true});
	};

	try {
		await promise;
	} catch (error) {
		await close();
		throw new HolmError('unavailable', `cannot listen on ${socket}: ${messageOf(error)}`, {remedy: 'name a short directory that you may write to in TMPDIR', cause: error});
	}

	return {socket, close};
};

/** Compose asks for BuildKit whatever the engine says about its builder; source: docker/cli, cli/command/cli.go, BuildKitEnabled. */
const builderDefaults = async (address: ReachableAddress, limitMs: number): Promise<Readonly<Record<string, string>>> => {
	const signal = AbortSignal.timeout(limitMs);
	try {
		const response = await createClient(address).send('HEAD', '/_ping', {signal});
		response.resume();
		return response.headers['builder-version'] === '1' ? {DOCKER_BUILDKIT: '0'} : {};
	} catch (error) {
		throw signal.aborted ? silent(address, error) : error;
	}
};

type DockerHostOptions = ConnectOptions & {
	readonly onFailure: (error: unknown) => void;
	/** How long the engine may take for its first answer. */
	readonly limitMs?: number;
};

/** Finds the engine as `connect` does, for other programs. Over SSH and TLS they are served on a socket of their own until `close`. */
export const openDockerHost = async ({limitMs = answerLimitMs, ...options}: DockerHostOptions): Promise<DockerHost> => {
	const address = await reachEngine(options);
	const defaults = await builderDefaults(address, limitMs);
	const dial = dialOf(address);
	const relayed = dial && await relay(dial, options.onFailure);
	const host = relayed || address.kind === 'unix' ? `unix://${relayed?.socket ?? describeAddress(address)}` : describeAddress(address);
	return {
		environment: {
			DOCKER_HOST: host, DOCKER_CONTEXT: undefined, DOCKER_TLS: undefined, DOCKER_TLS_VERIFY: undefined, DOCKER_CERT_PATH: undefined,
		},
		defaults,
		async close() {
			await relayed?.close();
		},
	};
};
