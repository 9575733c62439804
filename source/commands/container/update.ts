import {HolmError} from '../../engine/errors.js';
import {defineCommand, printError} from '../command.js';
import {containerFlags} from '../../flags/container-flags.js';
import {parseRestartPolicy} from '../../flags/limits.js';
import {parseLimits} from '../../flags/settings.js';
import {parseCpus, parseSize} from '../../flags/sizes.js';
import {escapeControls} from '../../text/escape.js';
import {forEachReference} from '../for-each-reference.js';
import {refusedUpdateFlags} from './refused-flags.js';

const {cpus, cpuPeriod, cpuQuota, cpuShares, cpusetCpus, cpusetMems, memory, memoryReservation, memorySwap, pidsLimit} = containerFlags;

export const command = defineCommand({
	usage: 'CONTAINER...',
	flags: {
		restart: {type: 'string', value: 'POLICY', description: 'no, always, unless-stopped, on-failure[:COUNT]; applies at once'},
		cpus: {...cpus, description: 'CPUs that it may use, such as 0.5; its VM has as many, rounded up'},
		cpuPeriod,
		cpuQuota,
		cpuShares,
		cpusetCpus,
		cpusetMems,
		memory: {...memory, description: 'Memory of the VM, such as 512m or 1g'},
		memoryReservation,
		memorySwap,
		pidsLimit,
	},
	refused: refusedUpdateFlags,
	async run(context, {restart, ...flags}, input) {
		const given = {
			...restart !== undefined && {restartPolicy: parseRestartPolicy(restart)},
			...flags.cpus !== undefined && {cpus: parseCpus(flags.cpus)},
			...flags.memory !== undefined && {memory: parseSize('--memory', flags.memory)},
			...parseLimits(flags),
		};
		const update = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
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
