import {open} from 'node:fs/promises';
import path from 'node:path';
import {HolmError, messageOf} from '../../engine/errors.js';
import {defineCommand, type Context} from '../command.js';
import {printProgress} from '../print/progress.js';

const openArchive = async ({workingDirectory}: Context, file: string) => {
	try {
		const handle = await open(path.resolve(workingDirectory, file));
		return handle.createReadStream();
	} catch (error) {
		throw new HolmError('not-found', `cannot read ${file}: ${messageOf(error)}`, {remedy: 'check the path', cause: error});
	}
};

export const command = defineCommand({
	usage: '',
	flags: {
		input: {
			type: 'string', shortFlag: 'i', value: 'FILE', description: 'Read from a file instead of standard input',
		},
		quiet: {type: 'boolean', shortFlag: 'q', description: 'Print nothing'},
	},
	async run(context, {input, quiet}) {
		if (input === undefined && context.stdin.isTTY) {
			throw new HolmError('invalid', 'an archive cannot be read from a terminal', {remedy: 'name a file with -i, or redirect the input'});
		}

		const tar = input === undefined ? context.stdin : await openArchive(context, input);
		const engine = await context.engine();
		await printProgress(engine.loadImages(tar), context.stdout, {quiet});
	},
});
