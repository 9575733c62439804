import {HolmError} from '../../engine/errors.js';
import {defineCommand, print} from '../command.js';
import {parseLabels} from '../../flags/environment.js';
import {volumeFields} from '../../wire/decode/fields/volume.js';
import {refusedFlags} from '../refused-flags.js';
import {parseName} from '../../flags/names.js';

export const command = defineCommand({
	usage: '[VOLUME]',
	flags: {
		name: {type: 'string', value: 'NAME', description: 'Name of the volume, like the argument'},
		label: {
			type: 'string', isMultiple: true, value: 'KEY[=VALUE]', description: 'Label of the volume',
		},
		driver: {
			type: 'string', shortFlag: 'd', default: 'local', value: 'DRIVER', description: 'Driver; local is the only one',
		},
	},
	refused: refusedFlags(volumeFields, Object.fromEntries([
		'availability', 'group', 'limit-bytes', 'required-bytes', 'scope', 'secret', 'sharing', 'topology-preferred', 'topology-required', 'type',
	].map(flag => [flag, 'ClusterVolumeSpec']))),
	async run(context, {name: flagName, label, driver}, [argument]) {
		if (driver !== 'local') {
			throw new HolmError('unsupported', `there is no volume driver "${driver}"`, {remedy: 'local is the only one'});
		}

		const name = argument ?? flagName;
		const configuration = {...(name !== undefined && {name: parseName('volume', name)}), labels: parseLabels(label)};
		const engine = await context.engine();
		const volume = await engine.createVolume(configuration);
		print(context, volume.name);
	},
});
