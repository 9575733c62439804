import {outputFlag, writeArchive} from '../write-archive.js';
import {defineCommand} from '../command.js';

export const command = defineCommand({
	summary: 'Export the file system of a container as a tar archive',
	usage: 'CONTAINER',
	flags: {output: outputFlag},
	async run(context, {output}, [reference = '']) {
		await writeArchive(context, output, async () => {
			const engine = await context.engine();
			return engine.exportContainer(reference);
		});
	},
});
