import {defineCommand, print, printError} from '../command.js';
import {errorLine} from '../for-each-reference.js';

export const command = defineCommand({
	usage: 'CONTAINER...',
	flags: {},
	async run(context, _flags, input) {
		const engine = await context.engine();
		const endings = await Promise.allSettled(input.map(async reference => engine.waitContainer(reference)));
		for (const ending of endings) {
			if (ending.status === 'fulfilled') {
				print(context, String(ending.value.exitCode));
			} else {
				printError(context, errorLine(ending.reason));
			}
		}

		return endings.some(({status}) => status === 'rejected') ? 1 : 0;
	},
});
