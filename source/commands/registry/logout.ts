import {defineCommand, print} from '../command.js';
import {hasForgottenCredentials} from './credentials.js';
import {keyOf} from './reference.js';

export const command = defineCommand({
	summary: 'Forget a login',
	usage: '[REGISTRY]',
	flags: {},
	async run(context, _flags, [registry = '']) {
		const key = keyOf(registry);
		const isForgotten = await hasForgottenCredentials(registry, context.environment);
		print(context, isForgotten ? `Removing login credentials for ${key}` : `Not logged in to ${key}`);
	},
});
