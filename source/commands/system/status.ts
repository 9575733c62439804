import {defaultRoot} from '../../host/store/paths.js';
import {defineCommand, print} from '../command.js';
import {assertOwnEngine, isAboutApple} from '../own-engine.js';

export const command = defineCommand({
	usage: '',
	flags: {},
	async run(context) {
		if (isAboutApple(context)) {
			const {status} = await import('./apple/daemon.js');
			return status(context);
		}

		assertOwnEngine(context, 'asked for its daemon');
		const {daemonStatus} = await import('../../daemon/start.js');
		const root = context.root ?? defaultRoot;
		const {running, pid, socket, isService} = await daemonStatus({root});
		const kind = isService ? ', as a service of this host' : '';
		print(context, running ? `The engine is running${pid === undefined ? '' : ` with process id ${pid}`} in ${root}${kind}, socket ${socket}.` : `The engine is not running in ${root}${kind && '; it is a service of this host'}.`);
		// As in `systemctl status` (LSB: program is not running).
		return running ? 0 : 3;
	},
});
