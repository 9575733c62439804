import {asHolmError} from '../../engine/errors.js';
import {defineCommand, print, printError} from '../command.js';
import {escapeControls} from '../../text/escape.js';
import {errorLine} from '../for-each-reference.js';
import {familiarName} from './ls.js';

export const command = defineCommand({
	usage: 'IMAGE...',
	flags: {
		force: {type: 'boolean', shortFlag: 'f', description: 'Remove even if a stopped container uses it'},
		platform: {
			type: 'string', isMultiple: true, value: 'OS/ARCHITECTURE', description: 'Fail unless the image is for it',
		},
	},
	async run(context, {force, platform}, input) {
		const engine = await context.engine();
		let status = 0;
		for (const reference of input) {
			try {
				const {untagged, deleted} = await engine.removeImage(reference, {force, platforms: platform});
				for (const name of untagged) {
					print(context, `Untagged: ${escapeControls(familiarName(name))}`);
				}

				for (const id of deleted) {
					print(context, `Deleted: ${escapeControls(id)}`);
				}
			} catch (error) {
				printError(context, errorLine(error));
				status = force && asHolmError(error).code === 'not-found' ? status : 1;
			}
		}

		return status;
	},
});
