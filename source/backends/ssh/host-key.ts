import {Buffer} from 'node:buffer';
import {appendFile, mkdir} from 'node:fs/promises';
import path from 'node:path';
import {HolmError} from '../../engine/errors.js';
import type {SshConfiguration} from './configuration.js';
import {fingerprintOf, hasAuthority, judgeHostKey, keyTypeOf, knownName, knownTypes} from './known-hosts.js';
import {readIfThere} from './read-if-there.js';

/** The trusted keys of a host. */
export type HostKeys = {
	/** Algorithms to offer, those of known keys first: the host may have unknown keys of other types. */
	readonly algorithms: readonly string[];
	/** Throws `forbidden` for an untrusted key. */
	readonly verify: (key: Uint8Array) => Promise<void>;
};

const algorithms = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'rsa-sha2-512', 'rsa-sha2-256'];

const typeOf = (algorithm: string) => algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm;

/** `command` is the user's ssh command for the host. */
export const readHostKeys = async (
	{hostname, port, hostKeyAlias, hostKeys, knownHostsFiles, newHostsFile}: SshConfiguration,
	command: string,
): Promise<HostKeys> => {
	const texts = await Promise.all(knownHostsFiles.map(async file => readIfThere(file)));
	const text = texts.join('\n');
	const name = hostKeyAlias ?? knownName(hostname, port);
	const plainName = hostKeyAlias ?? hostname.toLowerCase();
	const known = new Set(knownTypes(text, name));
	const [first = '~/.ssh/known_hosts'] = knownHostsFiles;

	const learn = async (key: Buffer) => {
		if (newHostsFile !== undefined && newHostsFile !== '/dev/null') {
			await mkdir(path.dirname(newHostsFile), {recursive: true, mode: 0o700});
			await appendFile(newHostsFile, `${texts[0] === '' || texts[0]?.endsWith('\n') ? '' : '\n'}${name} ${keyTypeOf(key)} ${key.toString('base64')}\n`, {mode: 0o600});
		}
	};

	return {
		algorithms: [...algorithms].toSorted((one, other) => Number(known.has(typeOf(other))) - Number(known.has(typeOf(one)))),
		async verify(shown) {
			const key = Buffer.from(shown);
			const print = `${JSON.stringify(keyTypeOf(key).slice(0, 50))} key ${fingerprintOf(key)}`;
			const verdict = judgeHostKey(text, name, key, plainName);
			if (verdict === 'revoked') {
				throw new HolmError('forbidden', `the host key of ${name} is revoked: known_hosts marks its ${print} as revoked`, {remedy: 'ask the administrator of that host'});
			}

			if (verdict === 'changed' && hostKeys !== 'any') {
				throw new HolmError('forbidden', `the host key of ${name} has CHANGED: it shows the ${print}, and known_hosts has another; this may be a man-in-the-middle attack`, {
					remedy: `when the change is known to be right: ssh-keygen -R '${name}' -f ${first}, then ${command}`,
				});
			}

			if (verdict === 'unknown' && hostKeys === 'strict') {
				const authority = hasAuthority(text, name) ? '; certificates of a @cert-authority are not read' : '';
				throw new HolmError('forbidden', `the host key of ${name} is not known: it shows the ${print}${authority}`, {
					remedy: `compare that and accept it once with ${command}`,
				});
			}

			if (verdict === 'unknown') {
				// As in ssh, a failure to store the key does not prevent the connection.
				await learn(key).catch(() => undefined);
			}
		},
	};
};
