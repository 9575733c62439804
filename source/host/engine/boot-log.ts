import {keepConsole} from '../machines/console.js';
import {machineFiles} from '../machines/qemu.js';
import type {Context, Entry} from './context.js';

/** The file with the console output of a container's VM, or of its helper machine, while it exists. */
export const consoleOf = ({paths}: Context, {container: {id}}: Entry): string => machineFiles(paths.container(id).machine).console;

/** Stores the console output of a container's VM before the VM is removed. */
export const keepBootLog = async (context: Context, entry: Entry): Promise<void> => {
	await keepConsole(consoleOf(context, entry), context.paths.container(entry.container.id).console);
};
