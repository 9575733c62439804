import {asHolmError} from '../../engine/errors.js';
import {defineCommand} from '../command.js';
import {forEachReference} from '../for-each-reference.js';

export const command = defineCommand({
	usage: 'NETWORK...',
	flags: {
		force: {type: 'boolean', shortFlag: 'f', description: 'Ignore missing ones'},
	},
	async run(context, {force}, input) {
		const engine = await context.engine();
		return forEachReference(context, input, async reference => {
			try {
				await engine.removeNetwork(reference);
			} catch (error) {
				if (!force || asHolmError(error).code !== 'not-found') {
					throw error;
				}
			}
		});
	},
});
