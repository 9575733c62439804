import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {clearMachine} from '../machine.js';
import {isAlive} from '../process.js';
import {readRecord} from '../record.js';
import {orMissing} from '../../store/missing.js';

/** Kills and removes unfinished templates whose maker has ended, or is this process. Call it at the start and at the end of the engine. */
export const clearAbandonedTemplates = async (templates: string): Promise<void> => {
	const names = await orMissing(readdir(templates)) ?? [];
	const unfinished = names.filter(name => name.includes('.'));
	for (const name of unfinished) {
		const directory = path.join(templates, name);
		const record = await readRecord(directory);
		// Without a maker it was only just begun and has no process yet.
		if (record?.maker && (record.maker.pid === process.pid || !await isAlive(record.maker))) {
			await clearMachine(directory);
		}
	}
};
