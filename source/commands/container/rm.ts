import {asHolmError} from '../../engine/errors.js';
import {defineCommand} from '../command.js';
import {forEachReference} from '../for-each-reference.js';

export const command = defineCommand({
	usage: 'CONTAINER...',
	flags: {
		force: {type: 'boolean', shortFlag: 'f', description: 'Kill running containers first'},
		volumes: {type: 'boolean', shortFlag: 'v', description: 'Remove their anonymous volumes, too'},
	},
	async run(context, {force, volumes}, input) {
		const engine = await context.engine();
		return forEachReference(context, input, async reference => {
			try {
				await engine.removeContainer(reference, {force, volumes});
			} catch (error) {
				// With --force, a missing container is no failure.
				if (!force || asHolmError(error).code !== 'not-found') {
					throw error;
				}
			}
		});
	},
});
