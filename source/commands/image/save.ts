import {createWriteStream} from 'node:fs';
import {rename, rm} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {pipeline} from 'node:stream/promises';
import {HolmError} from '../../errors.js';
import {defineCommand} from '../command.js';
import {writeAll} from '../terminal/streams.js';

export const command = defineCommand({
	summary: 'Write images to a tar archive',
	usage: 'IMAGE...',
	flags: {
		output: {
			type: 'string', shortFlag: 'o', value: 'FILE', description: 'Write to a file instead of standard output',
		},
	},
	async run(context, {output}, input) {
		if (output === undefined && context.stdout.isTTY) {
			throw new HolmError('invalid', 'an archive is not for a terminal', {remedy: 'name a file with -o, or redirect the output'});
		}

		const engine = await context.engine();
		const tar = await engine.saveImages(input);
		if (output === undefined) {
			await writeAll(context.stdout, tar);
			return;
		}

		// A save that fails in the middle leaves what was there before.
		const file = path.resolve(context.workingDirectory, output);
		const temporary = `${file}.${process.pid}`;
		try {
			await pipeline(tar, createWriteStream(temporary, {flags: 'wx', mode: 0o600}));
			await rename(temporary, file);
		} finally {
			await rm(temporary, {force: true});
		}
	},
});
