import {outputFlag, writeArchive} from '../write-archive.js';
import {defineCommand} from '../command.js';

export const command = defineCommand({
	usage: 'IMAGE...',
	flags: {output: outputFlag},
	async run(context, {output}, input) {
		await writeArchive(context, output, async () => {
			const engine = await context.engine();
			return engine.saveImages(input);
		});
	},
});
