import {rename, writeFile} from 'node:fs/promises';
import ssh2 from 'ssh2';
import {HolmError} from '../../../engine/errors.js';
import {readIfThere} from '../../store/records.js';

export type Key = {readonly privateKey: string; readonly publicKey: string};

const isReadable = ({privateKey, publicKey}: Key): boolean =>
	[privateKey, publicKey].every(text => typeof text === 'string' && !(ssh2.utils.parseKey(text) instanceof Error));

/** Some of the Ed25519 keys that ssh2 makes cannot be read by it again. */
export const newKey = (): Key => {
	for (;;) {
		const {private: privateKey, public: publicKey} = ssh2.utils.generateKeyPairSync('ed25519');
		const key = {privateKey, publicKey};
		if (isReadable(key)) {
			return key;
		}
	}
};

const parse = (text: string): Key => {
	const key = JSON.parse(text) as Key;
	if (!isReadable(key)) {
		throw new Error('ssh2 cannot read it');
	}

	return key;
};

/** The SSH key that opens the engine's machines, generated once. Throws `unavailable` if the file has no key that can be read, because running machines accept no other one. */
export const loadKey = async (file: string): Promise<Key> => {
	const text = await readIfThere(file);
	if (text === undefined) {
		const pair = newKey();
		await writeFile(`${file}.new`, JSON.stringify(pair), {mode: 0o600});
		await rename(`${file}.new`, file);
		return pair;
	}

	try {
		return parse(text);
	} catch (error) {
		throw new HolmError('unavailable', `${file} is not the key of an engine`, {remedy: 'remove it for a new key; commands in running containers then fail until they are restarted', cause: error});
	}
};
