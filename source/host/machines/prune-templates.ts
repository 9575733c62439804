import {access, readdir, rm} from 'node:fs/promises';
import path from 'node:path';
import {readSeal, type Seal} from './seal.js';

/** Removes the templates that are of no use any more: their initramfs is gone, or they were made under another QEMU, processor or kernel than `hostKey` says. Machines that run keep the memory they have of them. */
export const pruneTemplates = async (directory: string, hostKey: string): Promise<void> => {
	const names = await readdir(directory).catch(() => []);
	for (const name of names) {
		const template = path.join(directory, name);
		let seal: Partial<Seal>;
		try {
			seal = await readSeal(template);
		} catch {
			// A lock, or one that is being made.
			continue;
		}

		const isOfThisHost = seal.hostKey === hostKey;
		const hasInitramfs = await access(seal.initramfs ?? '').then(() => true, () => false);
		if (!isOfThisHost || !hasInitramfs) {
			await rm(template, {recursive: true, force: true});
		}
	}
};
