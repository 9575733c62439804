import type {Duplex} from 'node:stream';
import {HolmError} from '../engine/errors.js';
import {parseTarget} from './ssh-target.js';

/** Certificates in PEM; default of `ca`: the system's authorities. */
export type TlsOptions = {readonly ca?: string; readonly cert?: string; readonly key?: string};

/** An address of an engine to connect to directly. */
export type SocketAddress =
	| {readonly kind: 'unix'; readonly path: string}
	| {readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls?: TlsOptions};

/** An engine behind SSH; the user's ssh configuration supplies undefined fields. */
export type SshAddress = {
	readonly kind: 'ssh';
	readonly host: string;
	readonly user?: string;
	readonly port?: number;
	/** Socket of the engine on that host; default: the usual ones are tried. */
	readonly path?: string;
	/** Only Docker's engine is meant, as in its contexts. */
	readonly isDocker?: boolean;
};

/** Where an engine listens. */
export type EngineAddress = SocketAddress | SshAddress;

/** An address with the means to connect to it; over SSH, `dial` connects. */
export type ReachableAddress = SocketAddress | (SshAddress & {readonly dial: () => Promise<Duplex>});

const remedy = 'unix:///run/holm.sock, tcp://host:port or ssh://user@host';

const malformed = (text: string) => new HolmError('invalid', `${JSON.stringify(text.slice(0, 200))} is not the address of an engine`, {remedy});

const parseSsh = (text: string, rest: string): SshAddress => {
	const slash = rest.indexOf('/');
	const path = slash === -1 ? '' : rest.slice(slash);
	if (path.includes('\0')) {
		throw malformed(text);
	}

	return {kind: 'ssh', ...parseTarget(slash === -1 ? rest : rest.slice(0, slash)), ...path.length > 1 && {path}};
};

/** Parses an address in Docker's notation: `unix:///path`, `tcp://host:port`, or `ssh://[user@]host[:port][/path]`, with IPv6 addresses in brackets. Throws `invalid`. */
export const parseAddress = (text: string): EngineAddress => {
	const [, scheme, rest] = /^(?<scheme>[a-z][\da-z]*):\/\/(?<rest>.*)$/sv.exec(text) ?? [];
	if (scheme === 'unix') {
		if (!rest?.startsWith('/') || rest.includes('\0')) {
			throw new HolmError('invalid', `${JSON.stringify(text.slice(0, 200))} does not name a socket by its absolute path`, {remedy});
		}

		return {kind: 'unix', path: rest};
	}

	if (scheme === 'tcp') {
		const groups = /^(?:\[(?<bracketed>[\d.:a-f]+)\]|(?<plain>[\w\-.]+)):(?<port>\d{1,5})\/?$/iv.exec(rest ?? '')?.groups;
		const host = groups?.bracketed ?? groups?.plain;
		const port = Number(groups?.port);
		if (!host || port < 1 || port > 65_535) {
			throw malformed(text);
		}

		return {kind: 'tcp', host, port};
	}

	if (scheme === 'ssh') {
		return parseSsh(text, rest ?? '');
	}

	throw malformed(text);
};

/** The address as a user writes it. */
export const describeAddress = (address: EngineAddress): string => {
	if (address.kind === 'unix') {
		return address.path;
	}

	const host = address.host.includes(':') ? `[${address.host}]` : address.host;
	return address.kind === 'tcp'
		? `tcp://${host}:${address.port}`
		: `ssh://${address.user === undefined ? '' : `${address.user}@`}${host}${address.port === undefined ? '' : `:${address.port}`}${address.path ?? ''}`;
};
