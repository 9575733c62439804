import {defineCommand, print} from '../command.js';

export const command = defineCommand({
	usage: 'CONTAINER [IMAGE[:TAG]]',
	flags: {
		author: {
			type: 'string', shortFlag: 'a', value: 'NAME', description: 'Author of the image',
		},
		message: {
			type: 'string', shortFlag: 'm', value: 'TEXT', description: 'Comment on the image',
		},
		change: {
			type: 'string', shortFlag: 'c', isMultiple: true, value: 'INSTRUCTION', description: 'Dockerfile instruction that changes its configuration, such as \'CMD ["sh"]\'',
		},
		pause: {
			type: 'boolean', shortFlag: 'p', default: true, description: 'Pause the container during the commit',
		},
	},
	async run(context, {author, message, change, pause}, [reference = '', tag]) {
		const engine = await context.engine();
		const {id} = await engine.commitContainer(reference, {
			...tag !== undefined && {tag},
			...author !== undefined && {author},
			...message !== undefined && {comment: message},
			changes: change,
			pause,
		});
		print(context, id);
	},
});
