import {defineCommand, print} from '../command.js';
import {printProgress} from '../print/progress.js';
import {credentialsFor} from '../registry/credentials.js';

export const command = defineCommand({
	usage: 'IMAGE',
	flags: {
		platform: {type: 'string', value: 'OS/ARCHITECTURE', description: 'Platform of the image'},
		quiet: {type: 'boolean', shortFlag: 'q', description: 'Print only the reference'},
	},
	async run(context, {platform, quiet}, [reference = '']) {
		const credentials = await credentialsFor(reference, context.environment);
		const engine = await context.engine();
		await printProgress(engine.pullImage(reference, {credentials, platform}), quiet ? context.stderr : context.stdout, {quiet});
		if (quiet) {
			print(context, reference);
		}
	},
});
