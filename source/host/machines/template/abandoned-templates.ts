import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {clearMachine} from '../machine.js';
import {isAlive} from '../process.js';
import {readRecord} from '../record.js';
import {orMissing} from '../../store/missing.js';

/** Ends and removes the templates that nobody makes any more: those of processes that are gone, and of this one, which is about to go or has only begun. */
export const clearAbandonedTemplates = async (templates: string): Promise<void> => {
	const names = await orMissing(readdir(templates)) ?? [];
	const unfinished = names.filter(name => name.includes('.'));
	for (const name of unfinished) {
		const directory = path.join(templates, name);
		const record = await readRecord(directory);
		// One without a maker has only just begun, or never got far enough to leave a process.
		if (record?.maker && (record.maker.pid === process.pid || !await isAlive(record.maker))) {
			await clearMachine(directory);
		}
	}
};
