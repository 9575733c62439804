import {readFile} from 'node:fs/promises';
import {HolmError} from '../../engine/errors.js';
import {defineCommand} from '../command.js';
import {shells} from './shells.js';

export const command = defineCommand({
	usage: 'SHELL',
	flags: {},
	async run({stdout}, _flags, [shell = '']) {
		if (!shells.includes(shell)) {
			throw new HolmError('invalid', `there is no completion for ${JSON.stringify(shell.slice(0, 100))}`, {remedy: `name one of ${shells.join(', ')}`});
		}

		stdout.write(await readFile(new URL(`../../../../source/commands/tools/completion/${shell}`, import.meta.url), 'utf8'));
		return 0;
	},
});
