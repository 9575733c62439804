import {defineCommand, print} from '../command.js';
import {containerFlags} from '../../flags/container-flags.js';
import {createFromFlags} from './new-container.js';

export const command = defineCommand({
	usage: 'IMAGE [COMMAND] [ARG...]',
	flags: containerFlags,
	flagsEndAtFirstArgument: true,
	exitsAsProcess: true,
	async run(context, flags, input) {
		const {id} = await createFromFlags(context, flags, input);
		print(context, id);
	},
});
