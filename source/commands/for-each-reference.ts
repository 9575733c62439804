import {asHolmError, describeError} from '../engine/errors.js';
import {escapeControls} from '../text/escape.js';
import {print, printError, type Context} from './command.js';

/** An error as commands print it. */
export const errorLine = (error: unknown): string => `Error: ${escapeControls(describeError(error))}`;

export type EachOptions = {
	/** Ignore `not-modified`, such as for stopping a stopped container. */
	readonly acceptUnchanged?: boolean;
};

/**
Performs an action on each reference, in order, and prints those that succeeded. Failures are printed without stopping the rest; the exit status is then 1.
*/
export const forEachReference = async (
	context: Context,
	references: readonly string[],
	action: (reference: string) => Promise<unknown>,
	{acceptUnchanged = false}: EachOptions = {},
): Promise<number> => {
	let status = 0;
	for (const reference of references) {
		try {
			await action(reference);
			print(context, reference);
		} catch (error) {
			if (acceptUnchanged && asHolmError(error).code === 'not-modified') {
				print(context, reference);
				continue;
			}

			printError(context, errorLine(error));
			status = 1;
		}
	}

	return status;
};
