import {defineCommand, print} from '../command.js';
import {forgetCredentials} from './credentials.js';
import {keyOf} from './reference.js';

export const command = defineCommand({
	usage: '[REGISTRY]',
	flags: {},
	async run(context, _flags, [registry = '']) {
		const key = keyOf(registry);
		const outcome = await forgetCredentials(registry, context.environment);
		print(context, outcome === 'forgotten' ? `Removing login credentials for ${key}` : `Not logged in to ${key}`);
	},
});
