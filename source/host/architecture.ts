import {HolmError} from '../engine/errors.js';

/** Throws `unsupported` on any processor but x86-64: kernel, guest and QEMU arguments are made for that one. */
export const assertArchitecture = (arch: string = process.arch): void => {
	if (arch !== 'x64') {
		throw new HolmError('unsupported', `Holm's machines need an x86-64 processor, and this host has ${arch}`, {remedy: 'name an engine on another host with --host'});
	}
};
