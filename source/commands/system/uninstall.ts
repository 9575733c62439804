import {HolmError} from '../../engine/errors.js';
import {serviceGroup} from '../../host/service/units.js';
import {defaultRoot} from '../../host/store/paths.js';
import {refuseApple} from '../own-engine.js';
import {defineCommand, print} from '../command.js';

export const command = defineCommand({
	usage: '',
	flags: {},
	async run(context) {
		refuseApple(context, 'uninstalled', 'holm system stop ends the daemon');
		const {isService, removeService} = await import('../../host/service/service.js');
		if (!await isService(context.root ?? defaultRoot)) {
			print(context, 'The engine is not installed as a service.');
			return;
		}

		if (process.getuid?.() !== 0) {
			throw new HolmError('forbidden', 'only root can remove the service', {remedy: 'sudo holm system uninstall'});
		}

		await removeService();
		print(context, `The service is removed. Containers keep running; the next command of root starts the engine. The group ${serviceGroup} stays; to remove it: sudo groupdel ${serviceGroup}`);
	},
});
