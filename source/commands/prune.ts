import type {Engine} from '../engine/engine.js';
import type {Filters, Pruned} from '../engine/resources.js';
import {escapeControls} from '../text/escape.js';
import {decimalSize} from '../text/sizes.js';
import {defineCommand, print, type Context} from './command.js';
import {filterFlag, parseFilters} from './filters.js';
import {isConfirmed} from './terminal/prompt.js';

export const forceFlag = {type: 'boolean', shortFlag: 'f', description: 'Do not ask for confirmation'} as const;

// `-f` is --force here, as in Docker.
const {shortFlag: _, ...longFilterFlag} = filterFlag;

export const pruneFilterFlag = longFilterFlag;

/** Prints the removed items under a heading such as `Deleted Containers`. */
export const printPruned = (context: Context, heading: string, removed: readonly string[]): void => {
	if (removed.length === 0) {
		return;
	}

	print(context, `${heading}:`);
	for (const name of removed) {
		print(context, escapeControls(name));
	}

	print(context, '');
};

export type PruneDefinition = {
	readonly warning: string;
	readonly heading: string;
	/** Print the freed disk space; default true. */
	readonly withSpace?: boolean;
	readonly prune: (engine: Engine, filters: Filters) => Promise<Pruned>;
};

/** Defines a command that asks for confirmation, removes unused resources, and prints them. */
export const definePrune = ({warning, heading, withSpace = true, prune}: PruneDefinition) => defineCommand({
	usage: '',
	flags: {force: forceFlag, filter: pruneFilterFlag},
	async run(context, {force, filter}) {
		if (!force && !await isConfirmed(context, warning)) {
			return 1;
		}

		const filters = parseFilters(filter);
		const {removed, freedBytes} = await prune(await context.engine(), filters);
		printPruned(context, heading, removed);
		if (withSpace) {
			print(context, `Total reclaimed space: ${decimalSize(freedBytes)}`);
		}

		return 0;
	},
});
