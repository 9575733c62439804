import {defaultRoot} from '../../host/store/paths.js';
import {defineCommand, print} from '../command.js';
import {printSteps} from '../print/steps.js';
import {command as install} from './install.js';

export const command = defineCommand({
	summary: 'Install and prepare what this host needs to run containers',
	usage: '',
	flags: {
		probe: {type: 'boolean', description: 'Try hardware virtualisation again, whatever is known of it'},
		service: {type: 'boolean', description: 'Make the engine a service of this host, as system install does'},
	},
	async run(context, {probe, service}) {
		const root = context.root ?? defaultRoot;
		const [{setUp}, {isService, isSystemdRunning}] = await Promise.all([import('../../host/setup/setup-all.js'), import('../../host/service/service.js')]);
		await printSteps(setUp(root, {isProbing: probe}), context.stdout, context.now);
		if (probe) {
			const {daemonStatus} = await import('../../daemon/start.js');
			const {running} = await daemonStatus({root});
			if (running) {
				print(context, 'The engine that runs goes by this when it is started again: holm system stop');
			}
		}

		if (service) {
			return install.run(context, {}, []);
		}

		if (root === defaultRoot && await isSystemdRunning() && !await isService(root)) {
			print(context, 'To have the engine start with the host, and used without sudo by a group: sudo holm system install');
		}

		return 0;
	},
});
