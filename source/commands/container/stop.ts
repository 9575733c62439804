import {defineCommand} from '../command.js';
import {parseSignal} from '../../flags/limits.js';
import {parseWhole} from '../../flags/sizes.js';
import {forEachReference} from '../for-each-reference.js';

export const stopFlags = {
	time: {
		type: 'string', shortFlag: 't', aliases: ['timeout'], value: 'SECONDS', description: 'Time before it is killed; -1 for no limit',
	},
	signal: {
		type: 'string', shortFlag: 's', value: 'SIGNAL', description: 'Signal to stop it',
	},
} as const;

/** Parses the flags of `stop` and `restart`. */
export const stopOptions = ({time, signal}: {readonly time: string | undefined; readonly signal: string | undefined}) => ({
	...(time !== undefined && {timeoutSeconds: parseWhole('--time', time, -1)}),
	...(signal !== undefined && {signal: parseSignal('--signal', signal)}),
});

export const command = defineCommand({
	usage: 'CONTAINER...',
	flags: stopFlags,
	async run(context, flags, input) {
		const options = stopOptions(flags);
		const engine = await context.engine();
		return forEachReference(context, input, async reference => engine.stopContainer(reference, options), {acceptUnchanged: true});
	},
});
