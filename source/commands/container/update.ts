import {HolmError} from '../../engine/errors.js';
import {defineCommand, printError} from '../command.js';
import {parseRestartPolicy} from '../../flags/limits.js';
import {parseCpus, parseSize} from '../../flags/sizes.js';
import {escapeControls} from '../../text/escape.js';
import {forEachReference} from '../for-each-reference.js';

export const command = defineCommand({
	usage: 'CONTAINER...',
	flags: {
		restart: {type: 'string', value: 'POLICY', description: 'no, always, unless-stopped, on-failure[:COUNT]; applies at once'},
		cpus: {type: 'string', value: 'NUMBER', description: 'Virtual CPUs, from the next start on'},
		memory: {
			type: 'string', shortFlag: 'm', value: 'SIZE', description: 'Memory, from the next start on',
		},
	},
	async run(context, {restart, cpus, memory}, input) {
		const update = {
			...restart !== undefined && {restartPolicy: parseRestartPolicy(restart)},
			...cpus !== undefined && {cpus: parseCpus(cpus)},
			...memory !== undefined && {memory: parseSize('--memory', memory)},
		};
		if (Object.keys(update).length === 0) {
			throw new HolmError('invalid', 'there is nothing to change', {remedy: 'give --restart, --cpus or --memory'});
		}

		const engine = await context.engine();
		return forEachReference(context, input, async reference => {
			const {warnings} = await engine.updateContainer(reference, update);
			for (const warning of warnings) {
				printError(context, `WARNING: ${escapeControls(warning)}`);
			}
		});
	},
});
