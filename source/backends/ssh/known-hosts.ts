import {Buffer} from 'node:buffer';
import {createHash, createHmac} from 'node:crypto';
import {isPatternListMatch} from './patterns.js';

/** `unknown`: no entry of this host has a key of this type. */
export type Verdict = 'known' | 'unknown' | 'changed' | 'revoked';

const isEntryOf = (hosts: string, name: string): boolean => {
	const [, salt, hash] = /^\|1\|(?<salt>[\d+\/=A-Za-z]+)\|(?<hash>[\d+\/=A-Za-z]+)$/v.exec(hosts) ?? [];
	return salt !== undefined && hash !== undefined
		? createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash
		: isPatternListMatch(hosts.toLowerCase().split(','), name);
};

type Entry = {readonly marker: string | undefined; readonly type: string; readonly key: string};

/** A host's name in known_hosts: `[host]:port` unless the port is 22. */
export const knownName = (host: string, port: number): string => port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;

const entriesOf = (text: string, name: string): readonly Entry[] => text.split('\n').flatMap(line => {
	const fields = line.trim().split(/[\t ]+/v);
	const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined;
	const [hosts = '', type, key] = fields;
	return hosts.startsWith('#') || type === undefined || key === undefined || !isEntryOf(hosts, name) ? [] : [{marker, type, key}];
});

/** The types of a name's known keys, to be offered first. */
export const knownTypes = (text: string, name: string): readonly string[] =>
	entriesOf(text, name).filter(({marker}) => marker === undefined).map(({type}) => type);

/** Whether known_hosts has a certificate authority for a name. */
export const hasAuthority = (text: string, name: string): boolean => entriesOf(text, name).some(({marker}) => marker === '@cert-authority');

/** The type in a key in wire format. */
export const keyTypeOf = (key: Buffer): string => key.length < 4 ? '' : key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');

/** A key's fingerprint in ssh's notation. */
export const fingerprintOf = (key: Uint8Array): string => `SHA256:${createHash('sha256').update(key).digest('base64').replaceAll('=', '')}`;

/**
Checks a host's key against the text of known_hosts. `plainName` is the host's name without a port; a key known under it is known on every port.

Entries of certificate authorities match no key. Source: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
*/
export const judgeHostKey = (text: string, name: string, shown: Uint8Array, plainName = name): Verdict => {
	const key = Buffer.from(shown);
	const type = keyTypeOf(key);
	const entries = entriesOf(text, name);
	const isShown = (entry: Entry) => Buffer.from(entry.key, 'base64').equals(key);
	const others = plainName === name ? [] : entriesOf(text, plainName);
	if ([...entries, ...others].some(entry => entry.marker === '@revoked' && isShown(entry))) {
		return 'revoked';
	}

	const plain = entries.filter(({marker}) => marker === undefined);
	if (plain.some(entry => isShown(entry))) {
		return 'known';
	}

	if (plain.some(entry => entry.type === type)) {
		return 'changed';
	}

	return others.some(entry => entry.marker === undefined && isShown(entry)) ? 'known' : 'unknown';
};
