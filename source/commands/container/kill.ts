import {defineCommand} from '../command.js';
import {parseSignal} from '../../flags/limits.js';
import {forEachReference} from '../for-each-reference.js';

export const command = defineCommand({
	usage: 'CONTAINER...',
	flags: {
		signal: {
			type: 'string', shortFlag: 's', default: 'SIGKILL', value: 'SIGNAL', description: 'Signal to send',
		},
	},
	async run(context, flags, input) {
		const signal = parseSignal('--signal', flags.signal);
		const engine = await context.engine();
		return forEachReference(context, input, async reference => engine.killContainer(reference, signal));
	},
});
