import {defaultRoot} from '../../host/store/paths.js';
import {defineCommand, print} from '../command.js';
import {layOutColumns} from '../print/columns.js';
import {escapeControls} from '../../text/escape.js';

const marks = {ok: '✔', missing: '✖', warning: '!'} as const;

export const command = defineCommand({
	usage: '',
	flags: {
		json: {type: 'boolean', description: 'Print JSON'},
	},
	async run(context, {json}) {
		const {checkRequirements} = await import('../../host/setup/requirements.js');
		const requirements = await checkRequirements(context.root ?? defaultRoot);
		if (json) {
			print(context, JSON.stringify(requirements, undefined, 4));
		} else {
			context.stdout.write(layOutColumns(requirements.map(({name, status, found, remedy}) =>
				[marks[status], name, found, remedy ?? ''].map(cell => escapeControls(cell)))));
		}

		return requirements.some(({status}) => status === 'missing') ? 1 : 0;
	},
});
