import {readdir, rm, stat} from 'node:fs/promises';
import path from 'node:path';
import {orMissing} from '../../store/missing.js';
import {readStamp, type Stamp} from './stamp.js';

/** Removes unusable templates: their initramfs is gone, or they were made under another QEMU, processor or kernel than `hostKey`. Running machines keep their mapped memory. */
export const pruneTemplates = async (directory: string, hostKey: string): Promise<void> => {
	const names = await orMissing(readdir(directory)) ?? [];
	for (const name of names) {
		const template = path.join(directory, name);
		let stamp: Partial<Stamp>;
		try {
			stamp = await readStamp(template);
		} catch {
			// A lock, an unfinished template, or a damaged one, which its next use replaces.
			continue;
		}

		const isOfThisHost = stamp.hostKey === hostKey;
		const hasInitramfs = await orMissing(stat(stamp.initramfs ?? '')) !== undefined;
		if (!isOfThisHost || !hasInitramfs) {
			await rm(template, {recursive: true, force: true});
		}
	}
};
