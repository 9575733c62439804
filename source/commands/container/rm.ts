import {asHolmError} from '../../engine/errors.js';
import {defineCommand} from '../command.js';
import {forEachReference} from '../for-each-reference.js';

export const command = defineCommand({
	usage: 'CONTAINER...',
	flags: {
		force: {type: 'boolean', shortFlag: 'f', description: 'Kill running containers first'},
		link: {type: 'boolean', shortFlag: 'l', description: 'Remove links instead, each named CONTAINER/ALIAS'},
		volumes: {type: 'boolean', shortFlag: 'v', description: 'Remove their anonymous volumes, too'},
	},
	async run(context, {force, link, volumes}, input) {
		const engine = await context.engine();
		return forEachReference(context, input, async reference => {
			if (link) {
				const [container = '', alias = ''] = reference.replace(/^\//v, '').split('/');
				await engine.removeLink(container, alias);
				return;
			}

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
