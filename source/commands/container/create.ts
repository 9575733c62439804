import {defineCommand, print} from '../command.js';
import {containerFlags} from '../../flags/container-flags.js';
import {createFromFlags} from './new-container.js';
import {refusedContainerFlags} from './refused-flags.js';

export const command = defineCommand({
	usage: 'IMAGE [COMMAND] [ARG...]',
	flags: containerFlags,
	refused: {
		...refusedContainerFlags,
		'--attach': {reason: 'the container is not started', remedy: 'holm start --attach attaches to it'},
	},
	flagsEndAtFirstArgument: true,
	exitsAsProcess: true,
	async run(context, flags, input) {
		const {id} = await createFromFlags(context, flags, input);
		print(context, id);
	},
});
