import {rename, writeFile} from 'node:fs/promises';
import ssh2 from 'ssh2';
import {HolmError} from '../../../engine/errors.js';
import {readIfThere} from '../../store/records.js';

export type Key = {readonly privateKey: string; readonly publicKey: string};

/** The key with which an engine enters its machines, made once. Throws `unavailable` for one that is not whole: machines that run know no other. */
export const loadKey = async (file: string): Promise<Key> => {
	const text = await readIfThere(file);
	if (text === undefined) {
		const {private: privateKey, public: publicKey} = ssh2.utils.generateKeyPairSync('ed25519');
		const pair = {privateKey, publicKey};
		await writeFile(`${file}.new`, JSON.stringify(pair), {mode: 0o600});
		await rename(`${file}.new`, file);
		return pair;
	}

	try {
		return JSON.parse(text) as Key;
	} catch (error) {
		throw new HolmError('unavailable', `${file} is not the key of an engine`, {remedy: 'remove it for a new one, with which containers that run cannot be entered until they are restarted', cause: error});
	}
};
