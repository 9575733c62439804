import {HolmError} from '../../errors.js';

/** Certificates in PEM; without `ca` the system's are trusted. */
export type TlsOptions = {readonly ca?: string; readonly cert?: string; readonly key?: string};

/** Where an engine listens. */
export type EngineAddress =
	| {readonly kind: 'unix'; readonly path: string}
	| {readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls?: TlsOptions};

const remedy = 'unix:///run/holm.sock or tcp://host:port';

const malformed = (text: string) => new HolmError('invalid', `${JSON.stringify(text.slice(0, 200))} is not the address of an engine`, {remedy});

/** Docker's notation of an address: `unix:///path` or `tcp://host:port`, where an IPv6 address stands in brackets. */
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
		const host = groups?.['bracketed'] ?? groups?.['plain'];
		const port = Number(groups?.['port']);
		if (!host || port < 1 || port > 65_535) {
			throw malformed(text);
		}

		return {kind: 'tcp', host, port};
	}

	if (scheme === 'ssh') {
		throw new HolmError('unsupported', `${JSON.stringify(text.slice(0, 200))}: engines behind SSH are not supported yet`, {remedy: 'forward the socket with ssh -L and name it as unix:///path'});
	}

	throw malformed(text);
};

/** The address as a user writes it. */
export const describeAddress = (address: EngineAddress): string => {
	if (address.kind === 'unix') {
		return address.path;
	}

	return `tcp://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
};
