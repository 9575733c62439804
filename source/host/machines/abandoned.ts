import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {clearMachine} from './machine.js';
import {isAlive} from './process.js';
import {machineFiles} from './qemu.js';
import {type MachineRecord} from './record.js';

/** Ends and removes the templates that nobody makes any more: those of processes that are gone, and of this one, which is about to go or has only begun. */
export const clearAbandonedTemplates = async (templates: string): Promise<void> => {
	const names = await readdir(templates).catch(() => []);
	for (const name of names.filter(name => name.includes('.'))) {
		const directory = path.join(templates, name);
		const text = await readFile(machineFiles(directory).record, 'utf8').catch(() => '{}');
		const {maker} = JSON.parse(text) as Partial<MachineRecord>;
		// One without a record has only just begun, or never got far enough to leave a process.
		if (maker && (maker.pid === process.pid || !await isAlive(maker))) {
			await clearMachine(directory, 0);
		}
	}
};
