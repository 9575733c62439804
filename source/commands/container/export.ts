import {outputFlag, writeArchive} from '../write-archive.js';
import {defineCommand} from '../command.js';

export const command = defineCommand({
	summary: 'Write the files of a container to a tar archive',
	usage: 'CONTAINER',
	flags: {output: outputFlag},
	async run(context, {output}, [reference = '']) {
		await writeArchive(context, output, async () => {
			const engine = await context.engine();
			return engine.exportContainer(reference);
		});
	},
});
