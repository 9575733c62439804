import type {IncomingMessage} from 'node:http';
import type {Duplex} from 'node:stream';
import {HolmError} from '../engine/errors.js';
import {isWebSocketRoute} from './session-routes.js';

/** Whether a host name or address belongs to a listener; both in lower case, addresses without brackets. */
export type NameCheck = (name: string) => boolean;

/** Loopback: every local user and program can connect. */
export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/v.test(host);

/** The normalized name in a Host header, without its port; undefined if it is malformed. */
export const nameInHost = (header: string): string | undefined => {
	if (!/^(?:\[[\d.:a-f]+\]|[\w\-.]+)(?::\d{1,5})?$/iv.test(header)) {
		return undefined;
	}

	try {
		return new URL(`http://${header}`).hostname.replaceAll(/^\[|\]$|\.$/gv, '');
	} catch {
		return undefined;
	}
};

const checks = new WeakMap<Duplex, NameCheck>();

/** Requires the Host header of requests on a connection to be one of the names. Unix sockets have no such check. */
export const restrictNames = (connection: Duplex, isOwnName: NameCheck): void => {
	checks.set(connection, isOwnName);
};

/** Whether a request for a WebSocket comes from the address that it is sent to, on a listener that requires one of its names there. */
const isOwnOrigin = (request: IncomingMessage): boolean => {
	const {headers: {origin, host}, socket} = request;
	return isWebSocketRoute(request) && checks.has(socket) && [`http://${host}`, `https://${host}`].includes(origin!);
};

/**
Throws `forbidden` for requests from web pages.

Browsers send `Origin` or `Sec-Fetch-Site` with cross-site requests; clients of the API do not. With DNS rebinding a page counts as the same site; the Host header, which has the page's name, gives it away.

Python's clients send an `Origin` with a WebSocket: the engine's own address. No page has that origin, as the engine serves none; it is accepted where the Host header is checked.
*/
export const assertNoBrowser = (request: IncomingMessage): void => {
	const {headers, socket} = request;
	const header = (['origin', 'sec-fetch-site'] as const).find(name => headers[name] !== undefined && !(name === 'origin' && isOwnOrigin(request)));
	if (header) {
		throw new HolmError('forbidden', `requests of web pages are refused, and this one has the header ${header}`, {remedy: 'use a client of the Docker API'});
	}

	const isOwnName = checks.get(socket);
	const {host = ''} = headers;
	const name = isOwnName && nameInHost(host);
	if (isOwnName && (name === undefined || !isOwnName(name))) {
		throw new HolmError('forbidden', `${JSON.stringify(host.slice(0, 255))} is not a name of this engine`, {
			remedy: 'use the address that it listens on, or start it with --allow-host and this name',
		});
	}
};

/** Content types that web pages can send across sites without a preflight request (Fetch standard). */
const simpleTypes = new Set(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']);

/** Throws `invalid` for a tar that may come from a web page. A missing type is accepted: docker-py and go-dockerclient load images without one. */
export const assertTarType = ({headers}: IncomingMessage): void => {
	const type = headers['content-type'] ?? '';
	if (simpleTypes.has(type.split(';', 1)[0]!.trim().toLowerCase())) {
		throw new HolmError('invalid', `unsupported Content-Type header (${type.slice(0, 100)}): must be 'application/x-tar'`, {remedy: 'with curl, add --header "Content-Type: application/x-tar"'});
	}
};
