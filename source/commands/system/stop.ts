import {HolmError} from '../../engine/errors.js';
import {defineCommand, print} from '../command.js';
import {assertOwnEngine, isAboutApple} from '../own-engine.js';
import {withPatience} from '../print/patience.js';

export const command = defineCommand({
	usage: '',
	flags: {
		all: {type: 'boolean', shortFlag: 'a', description: 'Stop the containers, too, each with its stop signal and timeout, and remove the engine\'s network from the host'},
		force: {type: 'boolean', shortFlag: 'f', description: 'With --all: kill the containers instead'},
	},
	async run(context, {all, force}) {
		const isApple = isAboutApple(context);
		if (!isApple) {
			assertOwnEngine(context, 'stopped');
		}

		if (force && !all) {
			throw new HolmError('invalid', '--force kills containers, and without --all they go on running', {remedy: 'leave --force out, or add --all'});
		}

		if (isApple) {
			const {stop} = await import('./apple/daemon.js');
			await stop(context, {all});
			return;
		}

		const {stopDaemon} = await import('../../daemon/start.js');
		const found = await withPatience(context, 'Stopping; each container has its stop timeout.', stopDaemon({root: context.root, everything: all, isForced: force}));
		for (const line of found) {
			print(context, `Ended what was left: ${line}`);
		}

		print(context, all ? 'The engine and its containers are stopped.' : 'The engine is stopped.');
	},
});
