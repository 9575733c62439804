import {asHolmError, describeError} from '../engine/errors.js';
import {escapeControls} from '../text/escape.js';
import {print, printError, type Context} from './command.js';

/** One error as every command prints it. */
export const errorLine = (error: unknown): string => `Error: ${escapeControls(describeError(error))}`;

export type EachOptions = {
	/** Wanted states that already are, such as stopping what is stopped, are done. */
	readonly acceptUnchanged?: boolean;
};

/**
Does one thing to each of several, in their order, and prints the reference of each one done. A failure is printed and the rest goes on; the exit status is 1 then.
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
