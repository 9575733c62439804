import {defineCommand} from '../command.js';
import {layOutColumns} from '../print/columns.js';
import {escapeControls} from '../../text/escape.js';

export const command = defineCommand({
	usage: 'CONTAINER [PS-ARGUMENT...]',
	flags: {},
	flagsEndAtFirstArgument: true,
	async run(context, _flags, [reference = '', ...arguments_]) {
		const engine = await context.engine();
		const {titles, processes} = await engine.top(reference, arguments_.length > 0 ? arguments_.join(' ') : undefined);
		context.stdout.write(layOutColumns([titles, ...processes].map(row => row.map(cell => escapeControls(cell)))));
	},
});
