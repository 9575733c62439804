import process from 'node:process';
import {HolmError} from '../engine/errors.js';

/** Throws `unsupported` on a processor that machines cannot have yet: what they are made of is x86's. */
export const assertArchitecture = (arch: string = process.arch): void => {
	if (arch !== 'x64') {
		throw new HolmError('unsupported', `Holm's machines need an x86-64 processor, and this host has ${arch}`, {remedy: 'name an engine on another host with --host'});
	}
};
