import {defaultRoot} from '../../host/store/paths.js';
import {defineCommand, print} from '../command.js';
import {refuseApple} from '../own-engine.js';
import {serviceGroup} from '../../host/service/units.js';
import {escapeControls} from '../../text/escape.js';
import {printSteps} from '../print/steps.js';

export const command = defineCommand({
	usage: '',
	flags: {},
	async run(context) {
		refuseApple(context, 'installed as a service', 'holm system start runs it until you log out');
		const [{installDaemon}, {stepsOf}] = await Promise.all([import('../../daemon/start.js'), import('../../host/setup/steps.js')]);
		const steps = stepsOf(async tell => installDaemon(context.root ?? defaultRoot, tell));
		await printSteps(steps, context.stdout, context.now);
		const user = context.environment.SUDO_USER;
		print(context, escapeControls(`Members of the group ${serviceGroup} use the engine without sudo, which gives them root's power over this host. To add one: sudo usermod -aG ${serviceGroup} ${user === undefined || user === 'root' ? 'USER' : user}, then log in again.`));
	},
});
