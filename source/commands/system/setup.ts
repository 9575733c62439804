import {defaultRoot} from '../../host/store/paths.js';
import {defineCommand, print} from '../command.js';
import {printSteps} from '../print/steps.js';

export const command = defineCommand({
	summary: 'Install and prepare what this host needs to run containers',
	usage: '',
	flags: {
		probe: {type: 'boolean', description: 'Try hardware virtualisation again, whatever is known of it'},
	},
	async run(context, {probe}) {
		const root = context.root ?? defaultRoot;
		const {setUp} = await import('../../host/setup-all.js');
		await printSteps(setUp(root, {isProbing: probe}), context.stdout, context.now);
		if (probe) {
			const {daemonStatus} = await import('../../backends/daemon.js');
			const {running} = await daemonStatus({root});
			if (running) {
				print(context, 'The engine that runs goes by this when it is started again: holm system stop');
			}
		}
	},
});
