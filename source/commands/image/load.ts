import {defineCommand} from '../command.js';
import {printProgress} from '../print/progress.js';
import {readArchive} from '../read-archive.js';

export const command = defineCommand({
	usage: '',
	flags: {
		input: {
			type: 'string', shortFlag: 'i', value: 'FILE', description: 'Read from a file instead of standard input',
		},
		platform: {type: 'string', value: 'OS/ARCHITECTURE', description: 'Fail unless the archive has the images for it'},
		quiet: {type: 'boolean', shortFlag: 'q', description: 'Print nothing'},
	},
	async run(context, {input, platform, quiet}) {
		const tar = await readArchive(context, input, 'name a file with -i');
		const engine = await context.engine();
		await printProgress(engine.loadImages(tar, {platform}), context.stdout, {quiet});
	},
});
