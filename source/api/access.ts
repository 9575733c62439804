import {type IncomingMessage} from 'node:http';
import {type Duplex} from 'node:stream';
import {HolmError} from '../engine/errors.js';

/** Whether a listener goes by a name or an address; both come in lower case, an address without brackets. */
export type NameCheck = (name: string) => boolean;

/** A port of loopback is reached by every user and program of the host. */
export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/v.test(host);

/** The name in a Host header, without its port and spelled one way; undefined for what is none. */
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

/** From now on a request on this connection must be for one of the names. A unix socket has none: what its clients call it means nothing. */
export const restrictNames = (connection: Duplex, isOwnName: NameCheck): void => {
	checks.set(connection, isOwnName);
};

/**
Refuses requests that come from a web page, with `forbidden`.

A browser adds `Origin` or `Sec-Fetch-Site` to whatever a page of another site asks for, and no client of the API does. A page whose name was made to resolve to this host counts as the same site: it is known by the name that it asks for.
*/
export const assertNoBrowser = ({headers, socket}: IncomingMessage): void => {
	const header = (['origin', 'sec-fetch-site'] as const).find(name => headers[name] !== undefined);
	if (header) {
		throw new HolmError('forbidden', `requests of web pages are refused, and this one has the header ${header}`, {remedy: 'use a client of the Docker API'});
	}

	const isOwnName = checks.get(socket);
	const {host = ''} = headers;
	const name = isOwnName && nameInHost(host);
	if (isOwnName && (name === undefined || !isOwnName(name))) {
		throw new HolmError('forbidden', `${JSON.stringify(host.slice(0, 255))} is no name of this engine`, {
			remedy: 'use the address that it listens on, or start it with --allow-host and this name',
		});
	}
};

/** What the forms and scripts of a web page can send to another site without asking it first, by the Fetch standard. */
const simpleTypes = new Set(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']);

/** Refuses a tar that may come from a web page, with `invalid`. No type at all is taken: docker-py and go-dockerclient load images so. */
export const assertTarType = ({headers}: IncomingMessage): void => {
	const type = headers['content-type'] ?? '';
	if (simpleTypes.has(type.split(';', 1)[0]!.trim().toLowerCase())) {
		throw new HolmError('invalid', `unsupported Content-Type header (${type.slice(0, 100)}): must be 'application/x-tar'`, {remedy: 'with curl, add --header "Content-Type: application/x-tar"'});
	}
};
