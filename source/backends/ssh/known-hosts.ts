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

/** A host as known_hosts has it: with its port in brackets where that is not 22. */
export const knownName = (host: string, port: number): string => port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;

const entriesOf = (text: string, name: string): readonly Entry[] => text.split('\n').flatMap(line => {
	const fields = line.trim().split(/[\t ]+/v);
	const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined;
	const [hosts = '', type, key] = fields;
	return hosts.startsWith('#') || type === undefined || key === undefined || !isEntryOf(hosts, name) ? [] : [{marker, type, key}];
});

/** The types of the keys that are known of a name, which are to be asked for first. */
export const knownTypes = (text: string, name: string): readonly string[] =>
	entriesOf(text, name).filter(({marker}) => marker === undefined).map(({type}) => type);

/** Whether only an authority vouches for a name, by certificates. */
export const hasAuthority = (text: string, name: string): boolean => entriesOf(text, name).some(({marker}) => marker === '@cert-authority');

/** The type that a key says of itself, in the wire's format. */
export const keyTypeOf = (key: Buffer): string => key.length < 4 ? '' : key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');

/** A key's fingerprint, as ssh shows it. */
export const fingerprintOf = (key: Uint8Array): string => `SHA256:${createHash('sha256').update(key).digest('base64').replaceAll('=', '')}`;

/**
What the text of known_hosts says of the key that a host has shown. `plainName` is the host's name without its port: a key that is known there is known on every port.

Entries of certificate authorities vouch for no key. Source: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
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
