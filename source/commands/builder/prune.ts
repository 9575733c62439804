import {builderOf} from '../../engine/builder.js';
import {decimalSize} from '../../text/sizes.js';
import {defineCommand, print} from '../command.js';
import {forceFlag, printPruned} from '../prune.js';
import {isConfirmed} from '../terminal/prompt.js';

export const command = defineCommand({
	usage: '',
	flags: {force: forceFlag},
	async run(context, {force}) {
		if (!force && !await isConfirmed(context, 'This will remove the cache of all builds.')) {
			return 1;
		}

		const {removed, freedBytes} = await builderOf(await context.engine()).prune();
		printPruned(context, 'Deleted build cache objects', removed);
		print(context, `Total reclaimed space: ${decimalSize(freedBytes)}`);
		return 0;
	},
});
