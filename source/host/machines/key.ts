import {readFile, writeFile} from 'node:fs/promises';
import ssh2 from 'ssh2';

export type Key = {readonly privateKey: string; readonly publicKey: string};

/** The key with which an engine enters its machines, made once. */
export const loadKey = async (file: string): Promise<Key> => {
	try {
		return JSON.parse(await readFile(file, 'utf8')) as Key;
	} catch {
		const {private: privateKey, public: publicKey} = ssh2.utils.generateKeyPairSync('ed25519');
		const pair = {privateKey, publicKey};
		await writeFile(file, JSON.stringify(pair), {mode: 0o600});
		return pair;
	}
};
