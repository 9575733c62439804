import {defineCommand, print} from '../command.js';
import {printProgress} from '../print/progress.js';
import {credentialsFor} from '../registry/credentials.js';

export const command = defineCommand({
	usage: 'IMAGE',
	flags: {
		quiet: {type: 'boolean', shortFlag: 'q', description: 'Print only the reference'},
	},
	async run(context, {quiet}, [reference = '']) {
		const credentials = await credentialsFor(reference, context.environment);
		const engine = await context.engine();
		await printProgress(engine.pushImage(reference, {credentials}), quiet ? context.stderr : context.stdout, {quiet});
		if (quiet) {
			print(context, reference);
		}
	},
});
