import {HolmError} from '../../engine/errors.js';
import type {Client} from './client.js';

/** Throws `unsupported`, with what the engine `cannot` do, if its API is older than 1.`first`: it would ignore what it is asked for. */
export const assertMinorVersion = async (client: Client, first: number, cannot: string, remedy: string): Promise<void> => {
	const minor = await client.minorVersion();
	if (minor < first) {
		throw new HolmError('unsupported', `this engine (API 1.${minor}) ${cannot}`, {remedy});
	}
};
