import {builderOf} from '../../engine/builder.js';
import {HolmError} from '../../engine/errors.js';
import {parseSize, parseWhole} from '../../flags/sizes.js';
import {parseDuration} from '../../flags/times.js';
import {defineCommand} from '../command.js';

export const command = defineCommand({
	usage: '',
	flags: {
		cpus: {type: 'string', value: 'NUMBER', description: 'Number of CPUs'},
		memory: {type: 'string', shortFlag: 'm', value: 'BYTES', description: 'Memory, such as 4g'},
		disk: {type: 'string', value: 'BYTES', description: 'Capacity of the disk with the cache, such as 64g; only while there is no builder'},
		keep: {type: 'string', value: 'DURATION', description: 'Time without a build until it stops, such as 10m'},
	},
	async run(context, {cpus, memory, disk, keep}) {
		const change = {
			...cpus !== undefined && {cpus: parseWhole('--cpus', cpus)},
			...memory !== undefined && {memoryBytes: parseSize('--memory', memory)},
			...disk !== undefined && {diskBytes: parseSize('--disk', disk)},
			...keep !== undefined && {keepSeconds: Math.round(parseDuration('--keep', keep) / 1000)},
		};
		if (Object.keys(change).length === 0) {
			throw new HolmError('invalid', 'nothing is to be changed', {remedy: 'give --cpus, --memory, --disk or --keep'});
		}

		await builderOf(await context.engine()).update(change);
	},
});
