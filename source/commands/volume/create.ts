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
		opt: {
			type: 'string', isMultiple: true, shortFlag: 'o', value: 'KEY=VALUE', description: 'Option of the driver: type=none, o=bind and device=/directory, or type=tmpfs',
		},
		driver: {
			type: 'string', shortFlag: 'd', default: 'local', value: 'DRIVER', description: 'Driver; local is the only one',
		},
	},
	refused: refusedFlags(volumeFields, Object.fromEntries([
		'availability', 'group', 'limit-bytes', 'required-bytes', 'scope', 'secret', 'sharing', 'topology-preferred', 'topology-required', 'type',
	].map(flag => [flag, 'ClusterVolumeSpec']))),
	async run(context, {name: flagName, label, opt, driver}, [argument]) {
		if (driver !== 'local') {
			throw new HolmError('unsupported', `there is no volume driver "${driver}"`, {remedy: 'local is the only one'});
		}

		const name = argument ?? flagName;
		const configuration = {...(name !== undefined && {name: parseName('volume', name)}), labels: parseLabels(label), options: parseLabels(opt)};
		const engine = await context.engine();
		const volume = await engine.createVolume(configuration);
		print(context, volume.name);
	},
});
