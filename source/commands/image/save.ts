import {outputFlag, writeArchive} from '../write-archive.js';
import {defineCommand} from '../command.js';

export const command = defineCommand({
	usage: 'IMAGE...',
	flags: {
		output: outputFlag,
		platform: {type: 'string', value: 'OS/ARCHITECTURE', description: 'Fail unless the images are for it'},
	},
	async run(context, {output, platform}, input) {
		await writeArchive(context, output, async () => {
			const engine = await context.engine();
			return engine.saveImages(input, {platform});
		});
	},
});
