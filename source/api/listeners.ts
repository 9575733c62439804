import {chmod} from 'node:fs/promises';
import type {Server as HttpServer} from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import {describeAddress, type SocketAddress} from '../wire/addresses.js';
import {HolmError} from '../engine/errors.js';
import {isLoopback, restrictNames, type NameCheck} from './access.js';

/** An address to serve on, and for TCP the certificates: who is not signed by `ca` is not let in. */
export type Listening = SocketAddress & {
	/** The user knows what TCP without certificates means; default false. */
	readonly isInsecure?: boolean;
	/** Names under which clients ask for this host, beside the address itself, loopback and those in the certificate. */
	readonly names?: readonly string[];
};

/** What TCP without certificates means. */
export const insecurity = (address: Listening): string => `${describeAddress(address)} without TLS makes every user and every program that can connect to it root on this host`;

/** Who reaches the engine is root on its host, so TCP takes certificates or the word of whoever starts it, and another host always a certificate. Refuses with `invalid`. */
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

/** The names of a listener on TCP: any other one was made to resolve to this host by somebody else. */
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
	const checkFor = address.kind === 'tcp' ? await nameChecksOf(address) : undefined;
	const accept = (socket: net.Socket) => {
		if (checkFor) {
			restrictNames(socket, checkFor(socket.localAddress));
		}

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

/** Makes a server of HTTP accept on a unix socket that listens already and belongs to whoever passed it, systemd as a rule. Resolves with what ends that; throws `invalid` for any other descriptor. */
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
	// One of a unix socket that was passed is not known.
	if (listener.address() !== null) {
		listener.close();
		throw new HolmError('invalid', `descriptor ${descriptor} listens on a network, which would give everybody who reaches it root on this host`, {remedy: 'pass a unix socket'});
	}

	server.emit('listening');
	return () => {
		listener.close();
	};
};
