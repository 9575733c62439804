import type {Buffer} from 'node:buffer';
import ssh2, {type BaseAgent, type ParsedKey} from 'ssh2';
import type {SshConfiguration} from './configuration.js';
import {parsePublicKey, readKeyFile, type KeyFile} from './key-file.js';

/** Asks for a secret, without echo. Resolves with undefined without a terminal or an answer. */
export type Ask = (question: string) => Promise<string | undefined>;

type Sign = (data: Buffer, hash: 'sha1' | 'sha256' | 'sha512' | undefined) => Promise<Buffer>;

type Identity = {readonly name: string; readonly public: Buffer; readonly sign: Sign};

/** The user's keys as an agent for ssh2, and the outcome of their use. */
export type Identities = {
	readonly agent: BaseAgent;
	/** Number of keys to try. */
	readonly count: number;
	/** The keys that were tried, for an error message. */
	readonly describe: () => string;
	/** Keys that could not be used for want of their passphrase. */
	readonly locked: () => readonly string[];
};

const passphraseAttempts = 3;

/** The keys of an agent; none if it does not answer. */
const keysOfAgent = async (agent: BaseAgent): Promise<readonly ParsedKey[]> => new Promise(resolve => {
	agent.getIdentities((error, keys) => {
		resolve(error ? [] : (keys ?? []).flatMap(key => {
			// The declared type has more members than OpenSSH's agent returns.
			const parsed = ssh2.utils.parseKey(key as ParsedKey);
			return parsed instanceof Error ? [] : [parsed];
		}));
	});
});

/**
The keys to log in with, in order: the agent's keys that are in identity files, its other keys, then files that the agent lacks.

A key signs only after the host has accepted its public half, so that a passphrase is never asked for in vain.
*/
export const gatherIdentities = async ({agent: socket, identitiesOnly, identityFiles}: Pick<SshConfiguration, 'agent' | 'identitiesOnly' | 'identityFiles'>, ask: Ask): Promise<Identities> => {
	const userAgent = socket === undefined ? undefined : ssh2.createAgent(socket);
	const [agentKeys, files] = await Promise.all([
		userAgent ? keysOfAgent(userAgent) : [],
		Promise.all(identityFiles.map(async file => ({file, content: await readKeyFile(file)}))),
	]);
	const locked: string[] = [];

	const ofAgent = (key: ParsedKey): Identity => ({
		name: `${JSON.stringify(key.comment || key.type)} of the agent`,
		public: key.getPublicSSH(),
		sign: async (data, hash) => new Promise((resolve, reject) => {
			userAgent!.sign(key, data, {hash}, (error, signature) => {
				if (error || !signature) {
					reject(error ?? new Error('the agent does not sign'));
				} else {
					resolve(signature);
				}
			});
		}),
	});

	const unlock = async (file: string, {open}: Extract<KeyFile, {kind: 'encrypted'}>): Promise<ParsedKey> => {
		for (let attempt = 0; attempt < passphraseAttempts; attempt++) {
			const passphrase = await ask(`Enter passphrase for key '${file}': `);
			const key = passphrase ? open(passphrase) : undefined;
			if (key) {
				return key;
			}

			if (!passphrase) {
				break;
			}
		}

		locked.push(file);
		throw new Error(`the passphrase of ${file} is not known`);
	};

	const ofFile = (file: string, content: KeyFile): Identity | undefined => {
		if (content.kind === 'private') {
			return {name: file, public: content.public, sign: async (data, hash) => content.key.sign(data, hash)};
		}

		if (content.kind === 'encrypted' && content.public) {
			let opened: Promise<ParsedKey> | undefined;
			return {
				name: file,
				public: content.public,
				async sign(data, hash) {
					const key = await (opened ??= unlock(file, content));
					return key.sign(data, hash);
				},
			};
		}

		return undefined;
	};

	const publicOf = (content: KeyFile) => 'public' in content ? content.public : undefined;
	const hasFile = (key: ParsedKey) => files.some(({content}) => publicOf(content)?.equals(key.getPublicSSH()));
	const isInAgent = (key: Buffer) => agentKeys.some(other => other.getPublicSSH().equals(key));
	const identities = [
		...agentKeys.filter(key => hasFile(key)).map(key => ofAgent(key)),
		...identitiesOnly ? [] : agentKeys.filter(key => !hasFile(key)).map(key => ofAgent(key)),
		...files.flatMap(({file, content}) => ofFile(file, content) ?? []).filter(identity => !isInAgent(identity.public)),
	];
	const unusable = files.flatMap(({file, content}) => {
		if (content.kind === 'unreadable') {
			return [`${file} (it cannot be read, or is no key)`];
		}

		return content.kind === 'encrypted' && !content.public ? [`${file} (it is encrypted in an old format; ssh-keygen -p -f ${file} renews it)`] : [];
	});

	const agent: BaseAgent = Object.assign(Object.create(ssh2.BaseAgent.prototype) as BaseAgent, {
		getIdentities(done: (error: Error | undefined, keys: readonly ParsedKey[]) => void) {
			done(undefined, identities.flatMap(identity => parsePublicKey(identity.public) ?? []));
		},
		async sign(key: ParsedKey, data: Buffer, {hash}: {readonly hash?: 'sha1' | 'sha256' | 'sha512'}, done: (error: Error | undefined, signature?: Buffer) => void) {
			const identity = identities.find(identity => identity.public.equals(key.getPublicSSH()));
			try {
				done(undefined, await identity!.sign(data, hash));
			} catch (error) {
				done(error as Error);
			}
		},
	});

	return {
		agent,
		count: identities.length,
		describe: () => [...identities.map(({name}) => name), ...unusable].join(', '),
		locked: () => locked,
	};
};
