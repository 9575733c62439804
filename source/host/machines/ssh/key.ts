import {rename, writeFile} from 'node:fs/promises';
import ssh2 from 'ssh2';
import {HolmError} from '../../../engine/errors.js';
import {readIfThere} from '../../store/records.js';

export type Key = {readonly privateKey: string; readonly publicKey: string};

/** Some of the Ed25519 keys that ssh2 makes cannot be read by it again. */
export const newKey = (): Key => {
	for (;;) {
		const {private: privateKey, public: publicKey} = ssh2.utils.generateKeyPairSync('ed25519');
		if (!(ssh2.utils.parseKey(privateKey) instanceof Error) && !(ssh2.utils.parseKey(publicKey) instanceof Error)) {
			return {privateKey, publicKey};
		}
	}
};

/** The SSH key that opens the engine's machines, generated once. Throws `unavailable` if the file is damaged, because running machines accept no other key. */
export const loadKey = async (file: string): Promise<Key> => {
	const text = await readIfThere(file);
	if (text === undefined) {
		const pair = newKey();
		await writeFile(`${file}.new`, JSON.stringify(pair), {mode: 0o600});
		await rename(`${file}.new`, file);
		return pair;
	}

	try {
		return JSON.parse(text) as Key;
	} catch (error) {
		throw new HolmError('unavailable', `${file} is not the key of an engine`, {remedy: 'remove it for a new key; commands in running containers then fail until they are restarted', cause: error});
	}
};
