import {keepConsole} from '../machines/console.js';
import {machineFiles} from '../machines/qemu.js';
import type {Context, Entry} from './context.js';

/** Where the console of a container's machine goes while there is one. A helper machine's goes there too. */
export const consoleOf = ({paths}: Context, {container: {id}}: Entry): string => machineFiles(paths.container(id).machine).console;

/** Keeps what the console showed of a machine of the container's own that is about to be taken away. */
export const keepBootLog = async (context: Context, entry: Entry): Promise<void> => {
	await keepConsole(consoleOf(context, entry), context.paths.container(entry.container.id).console);
};
