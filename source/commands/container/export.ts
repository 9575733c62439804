import {outputFlag, writeArchive} from '../write-archive.js';
import {defineCommand} from '../command.js';

export const command = defineCommand({
	usage: 'CONTAINER',
	flags: {output: outputFlag},
	async run(context, {output}, [reference = '']) {
		await writeArchive(context, output, async () => {
			const engine = await context.engine();
			return engine.exportContainer(reference);
		});
	},
});
