import {chmod} from 'node:fs/promises';
import type {Server as HttpServer} from 'node:http';
import net from 'node:net';
import {describeAddress, type SocketAddress} from '../wire/addresses.js';
import {HolmError} from '../engine/errors.js';
import {isLoopback, restrictNames, type NameCheck} from './access.js';

/** An address to listen on; for TCP with certificates: `ca` has to have signed each client's. */
export type Listening = SocketAddress & {
	/** The user accepts the risk of TCP without TLS; default false. */
	readonly isInsecure?: boolean;
	/** Further host names for clients, beside the address itself, loopback and those in the certificate. */
	readonly names?: readonly string[];
};

/** The risk of TCP without TLS, as a message. */
export const insecurity = (address: Listening): string => `${describeAddress(address)} without TLS makes every user and every program that can connect to it root on this host`;

/** Throws `invalid` for an unsafe listener: clients of the engine are root on its host. TCP needs TLS; on loopback, the user may accept the risk instead. */
export const assertSafe = (address: Listening): void => {
	if (address.kind !== 'tcp') {
		return;
	}

	const {tls: secrets, host, isInsecure = false} = address;
	if (!secrets && !isLoopback(host)) {
		throw new HolmError('invalid', insecurity(address), {remedy: 'add --tls-ca, --tls-cert and --tls-key'});
	}

	if (!secrets && !isInsecure) {
		throw new HolmError('invalid', insecurity(address), {remedy: 'use the unix socket or ssh://, add --tls-ca, --tls-cert and --tls-key, or accept this with --insecure-tcp'});
	}

	if (secrets && !(secrets.ca && secrets.cert && secrets.key)) {
		throw new HolmError('invalid', `${describeAddress(address)} needs a certificate, its key, and the authority that signs clients`, {remedy: 'give --tls-ca, --tls-cert and --tls-key together'});
	}
};

/** Name checks for a TCP listener, by the local address of a connection; they guard against DNS rebinding. */
const nameChecksOf = async (
	{host, tls: secrets, names = []}: Extract<Listening, {readonly kind: 'tcp'}>,
): Promise<(localAddress: string | undefined) => NameCheck> => {
	const own = new Set([host, ...names].map(name => name.toLowerCase()));
	const {X509Certificate} = secrets ? await import('node:crypto') : {};
	const certificate = X509Certificate && new X509Certificate(secrets!.cert!);
	return localAddress => {
		const address = localAddress?.replace(/^::ffff:(?=\d+\.)/v, '');
		const isCertified: NameCheck = name => (net.isIP(name) === 0 ? certificate?.checkHost(name) : certificate?.checkIP(name)) !== undefined;
		return name => isLoopback(name) || own.has(name) || name === address || isCertified(name);
	};
};

/** As Node's HTTP server sets them on its own connections. Half-open: a Docker client without input closes its half and still reads output. */
const connectionOptions = {allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000} as const;

const failures: Readonly<Record<string, string>> = {
	EADDRINUSE: 'it is in use',
	EADDRNOTAVAIL: 'no interface of this host has it',
	EACCES: 'permission denied',
	ENOENT: 'its directory does not exist',
};

/** Adds a listener to an HTTP server. Resolves with a function that closes it; throws `conflict` for an address in use and `invalid` for other failures. A unix socket gets mode 0660 unless another one is given. */
export const listenOn = async (
	server: HttpServer,
	address: Listening,
	{mode = 0o660}: {readonly mode?: number} = {},
): Promise<() => void> => {
	assertSafe(address);
	const checkFor = address.kind === 'tcp' ? await nameChecksOf(address) : undefined;
	const accept = (socket: net.Socket) => {
		if (checkFor) {
			restrictNames(socket, checkFor(socket.localAddress));
		}

		server.emit('connection', socket);
	};

	const secrets = address.kind === 'tcp' ? address.tls : undefined;
	const listener = secrets
		? process.getBuiltinModule('node:tls').createServer({
			...connectionOptions, ...secrets, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2',
		}, accept)
		: net.createServer(connectionOptions, accept);
	// A failed handshake is the client's error, not the server's.
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
		await chmod(address.path, mode);
	}

	// From here on Node's server tracks the connections and applies its timeouts.
	server.emit('listening');
	return () => {
		listener.close();
	};
};

/** Adds a listener on a passed unix socket, as in systemd's socket activation. Resolves with a function that closes it; throws `invalid` for any other descriptor. */
export const listenOnPassed = async (server: HttpServer, descriptor: number): Promise<() => void> => {
	const listener = net.createServer(connectionOptions, socket => {
		server.emit('connection', socket);
	});
	await new Promise<void>((resolve, reject) => {
		listener.once('error', error => {
			reject(new HolmError('invalid', `descriptor ${descriptor} is not a socket to listen on: ${error.message}`, {cause: error}));
		});
		listener.listen({fd: descriptor}, resolve);
	});
	// The address of a passed unix socket is null.
	if (listener.address() !== null) {
		listener.close();
		throw new HolmError('invalid', `descriptor ${descriptor} listens on a network, which would make every client that reaches it root on this host`, {remedy: 'pass a unix socket'});
	}

	server.emit('listening');
	return () => {
		listener.close();
	};
};
