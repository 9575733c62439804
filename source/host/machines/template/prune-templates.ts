import {readdir, rm, stat} from 'node:fs/promises';
import path from 'node:path';
import {orMissing} from '../../store/missing.js';
import {readSeal, type Seal} from './checksum.js';

/** Removes the templates that are of no use any more: their initramfs is gone, or they were made under another QEMU, processor or kernel than `hostKey` says. Machines that run keep the memory they have of them. */
export const pruneTemplates = async (directory: string, hostKey: string): Promise<void> => {
	const names = await orMissing(readdir(directory)) ?? [];
	for (const name of names) {
		const template = path.join(directory, name);
		let seal: Partial<Seal>;
		try {
			seal = await readSeal(template);
		} catch {
			// A lock, one that is being made, or one that its next use deals with.
			continue;
		}

		const isOfThisHost = seal.hostKey === hostKey;
		const hasInitramfs = await orMissing(stat(seal.initramfs ?? '')) !== undefined;
		if (!isOfThisHost || !hasInitramfs) {
			await rm(template, {recursive: true, force: true});
		}
	}
};
