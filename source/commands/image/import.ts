import {HolmError} from '../../engine/errors.js';
import {defineCommand, print} from '../command.js';
import {readArchive} from '../read-archive.js';

export const command = defineCommand({
	usage: 'FILE|- [IMAGE[:TAG]]',
	flags: {
		change: {
			type: 'string', shortFlag: 'c', isMultiple: true, value: 'INSTRUCTION', description: 'Dockerfile instruction that changes its configuration, such as \'CMD ["sh"]\'',
		},
		message: {
			type: 'string', shortFlag: 'm', value: 'TEXT', description: 'Comment on the image',
		},
		platform: {type: 'string', value: 'OS/ARCHITECTURE', description: 'Platform of the image; only the host\'s own'},
	},
	async run(context, {change, message, platform}, [file = '', tag]) {
		if (/^https?:\/\//v.test(file)) {
			throw new HolmError('unsupported', `${file.slice(0, 100)} is an address: an image is imported from a file`, {remedy: `curl -L ADDRESS | holm import -${tag === undefined ? '' : ` ${tag}`}`});
		}

		const tar = await readArchive(context, file === '-' ? undefined : file, 'name a file');
		const engine = await context.engine();
		const {id} = await engine.importImage(tar, {
			...tag !== undefined && {tag},
			...message !== undefined && {message},
			...platform !== undefined && {platform},
			changes: change,
		});
		print(context, id);
	},
});
