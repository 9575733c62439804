import {Buffer} from 'node:buffer';
import {readFile} from 'node:fs/promises';
import ssh2, {type ParsedKey} from 'ssh2';

/** The content of an identity file. */
export type KeyFile =
	| {readonly kind: 'none'}
	/** Not a key, or not readable. */
	| {readonly kind: 'unreadable'}
	/** Only the public half: an agent has the private one. */
	| {readonly kind: 'public'; readonly public: Buffer}
	| {readonly kind: 'private'; readonly public: Buffer; readonly key: ParsedKey}
	/** `open` resolves with undefined for a wrong passphrase. */
	| {readonly kind: 'encrypted'; readonly public: Buffer | undefined; readonly open: (passphrase: string) => ParsedKey | undefined};

const read = async (file: string): Promise<string | undefined> => {
	try {
		return await readFile(file, 'utf8');
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : '';
	}
};

const parse = (text: string | Buffer, passphrase?: string): ParsedKey | Error => {
	// The declared type has one key; some formats hold several.
	const parsed = ssh2.utils.parseKey(text, passphrase) as ParsedKey | readonly ParsedKey[] | Error;
	return Array.isArray(parsed) ? (parsed as readonly ParsedKey[])[0] ?? new Error('no key') : parsed as ParsedKey | Error;
};

const publicOf = (text: string | Buffer): Buffer | undefined => {
	const key = parse(text);
	return key instanceof Error ? undefined : key.getPublicSSH();
};

/** The public half of an encrypted key, which is in clear in OpenSSH's own format. Source: PROTOCOL.key of OpenSSH. */
const publicInside = (text: string): Buffer | undefined => {
	const [, base64 = ''] = /-----BEGIN OPENSSH PRIVATE KEY-----(?<base64>[^\-]+)/v.exec(text) ?? [];
	const bytes = Buffer.from(base64, 'base64');
	let at = 'openssh-key-v1\0'.length;
	const next = () => {
		const start = at + 4;
		at = start + bytes.readUInt32BE(at);
		return bytes.subarray(start, at);
	};

	try {
		// Cipher, key derivation function and its options; then the number of keys.
		next();
		next();
		next();
		at += 4;
		return publicOf(next());
	} catch {
		return undefined;
	}
};

/** A public key in the wire's format as ssh2 has it. */
export const parsePublicKey = (bytes: Buffer): ParsedKey | undefined => {
	const key = parse(bytes);
	return key instanceof Error ? undefined : key;
};

/** Reads an identity file, and its `.pub` file. */
export const readKeyFile = async (file: string): Promise<KeyFile> => {
	const [text, publicText] = await Promise.all([read(file), read(`${file}.pub`)]);
	const beside = publicText === undefined ? undefined : publicOf(publicText);
	if (text === undefined) {
		return beside ? {kind: 'public', public: beside} : {kind: 'none'};
	}

	const key = parse(text);
	if (!(key instanceof Error)) {
		return key.isPrivateKey() ? {kind: 'private', public: key.getPublicSSH(), key} : {kind: 'public', public: key.getPublicSSH()};
	}

	if (!/encrypted|passphrase/iv.test(key.message)) {
		return {kind: 'unreadable'};
	}

	return {
		kind: 'encrypted',
		public: publicInside(text) ?? beside,
		open(passphrase) {
			const opened = parse(text, passphrase);
			return opened instanceof Error || !opened.isPrivateKey() ? undefined : opened;
		},
	};
};
