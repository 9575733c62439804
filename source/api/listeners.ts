import {chmod} from 'node:fs/promises';
import type {Server as HttpServer} from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import {describeAddress, type EngineAddress} from '../backends/docker/address.js';
import {HolmError} from '../errors.js';

/** An address to serve on, and for TCP the certificates: who is not signed by `ca` is not let in. */
export type Listening = EngineAddress;

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/v.test(host);

/** Whoever reaches the engine is root on its host, so another host may only come with a certificate. Refuses with `invalid`. */
export const assertSafe = (address: Listening): void => {
	if (address.kind === 'tcp' && !address.tls && !isLoopback(address.host)) {
		throw new HolmError('invalid', `${describeAddress(address)} would give everybody who reaches it root on this host`, {remedy: 'add --tls-ca, --tls-cert and --tls-key, or listen on 127.0.0.1'});
	}

	if (address.kind === 'tcp' && address.tls && !(address.tls.ca && address.tls.cert && address.tls.key)) {
		throw new HolmError('invalid', `${describeAddress(address)} needs a certificate, its key, and the authority that signs clients`, {remedy: 'give --tls-ca, --tls-cert and --tls-key together'});
	}
};

/** What Node's server of HTTP gives the connections that it accepts itself. A client of Docker's that sends no input closes its half and still wants the output. */
const connectionOptions = {allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000} as const;

const failures: Readonly<Record<string, string>> = {
	EADDRINUSE: 'it is in use',
	EADDRNOTAVAIL: 'no interface of this host has it',
	EACCES: 'permission denied',
	ENOENT: 'its directory does not exist',
};

/** Makes a server of HTTP listen on one more address. Resolves with what ends it; throws `conflict` or `invalid` when it cannot. A socket gets mode 0660. */
export const listenOn = async (server: HttpServer, address: Listening): Promise<() => void> => {
	assertSafe(address);
	const accept = (socket: net.Socket) => {
		server.emit('connection', socket);
	};

	const secrets = address.kind === 'tcp' ? address.tls : undefined;
	const listener = secrets
		? tls.createServer({
			...connectionOptions, ...secrets, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2',
		}, accept)
		: net.createServer(connectionOptions, accept);
	// A client that fails the handshake is gone; it is not the server's error.
	listener.on('tlsClientError', () => undefined);
	await new Promise<void>((resolve, reject) => {
		listener.once('error', (error: NodeJS.ErrnoException) => {
			const reason = failures[error.code ?? ''] ?? error.message;
			reject(new HolmError(error.code === 'EADDRINUSE' ? 'conflict' : 'invalid', `the engine cannot listen on ${describeAddress(address)}: ${reason}`, {remedy: 'choose another --host', cause: error}));
		});
		if (address.kind === 'unix') {
			listener.listen(address.path, resolve);
		} else {
			listener.listen(address.port, address.host, resolve);
		}
	});
	if (address.kind === 'unix') {
		await chmod(address.path, 0o660);
	}

	// From here on Node's server knows its connections and the time that their requests may take.
	server.emit('listening');
	return () => {
		listener.close();
	};
};
