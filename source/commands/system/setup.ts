import {whichEngine} from '../../backends/hosts/which-engine.js';
import {HolmError} from '../../engine/errors.js';
import {defaultRoot} from '../../host/store/paths.js';
import {defineCommand, print} from '../command.js';
import {printSteps} from '../print/steps.js';
import {command as install} from './install.js';

export const command = defineCommand({
	usage: '',
	flags: {
		probe: {type: 'boolean', description: 'Probe hardware virtualisation again'},
		service: {type: 'boolean', description: 'Install the engine as a service, like system install'},
		yes: {type: 'boolean', shortFlag: 'y', description: 'With Apple\'s container: start its service and install its kernel without asking'},
	},
	async run(context, {probe, service, yes}) {
		if (whichEngine(context.host, context.environment).kind === 'apple') {
			if (probe || service) {
				throw new HolmError('unsupported', `${probe ? '--probe' : '--service'} is for Holm's own engine, and not for Apple's container`, {remedy: 'leave it out'});
			}

			const {setUp: setUpApple} = await import('./apple/host.js');
			return setUpApple(context, {yes});
		}

		const root = context.root ?? defaultRoot;
		const [{setUp}, {isService, isSystemdRunning}] = await Promise.all([import('../../host/setup/setup-all.js'), import('../../host/service/service.js')]);
		await printSteps(setUp(root, {isProbing: probe}), context.stdout, context.now);
		if (probe) {
			const {daemonStatus} = await import('../../daemon/start.js');
			const {running} = await daemonStatus({root});
			if (running) {
				print(context, 'The running engine uses this after a restart: holm system stop');
			}
		}

		if (service) {
			return install.run(context, {}, []);
		}

		if (root === defaultRoot && await isSystemdRunning() && !await isService(root)) {
			print(context, 'To start the engine with the host, and let a group use it without sudo: sudo holm system install');
		}

		return 0;
	},
});
