import type {Entry} from './command-table.js';

/** Commands that programs call, which no help lists. They may read the table of the others. */
export const hidden: Readonly<Record<string, Entry>> = {
	__complete: {summary: 'List what may stand at the end of a command line', load: async () => import('./tools/list-candidates.js')},
};
