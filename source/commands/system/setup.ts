import {defaultRoot} from '../../host/store/paths.js';
import {defineCommand} from '../command.js';
import {printSteps} from '../print/steps.js';

export const command = defineCommand({
	summary: 'Install and prepare what this host needs to run containers',
	usage: '',
	flags: {},
	async run(context) {
		const {setUp} = await import('../../host/setup-all.js');
		await printSteps(setUp(context.root ?? defaultRoot), context.stdout, context.now);
	},
});
