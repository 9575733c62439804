import type {FileChange} from '../../engine/resources.js';
import {defineCommand, print} from '../command.js';
import {escapeControls} from '../../text/escape.js';

const letters: Readonly<Record<FileChange['kind'], string>> = {added: 'A', changed: 'C', deleted: 'D'};

export const command = defineCommand({
	usage: 'CONTAINER',
	flags: {},
	async run(context, _flags, [reference = '']) {
		const engine = await context.engine();
		for (const {kind, path} of await engine.changes(reference)) {
			print(context, `${letters[kind]} ${escapeControls(path)}`);
		}
	},
});
