import {defaultRoot} from '../../host/store/paths.js';
import {whichEngine} from '../../backends/hosts/which-engine.js';
import {defineCommand, print, type Context} from '../command.js';
import {layOutColumns} from '../print/columns.js';
import {escapeControls} from '../../text/escape.js';

const marks = {ok: '✔', missing: '✖', warning: '!'} as const;

/** Of this host for its own engine, or of that of Apple's container. */
const check = async (context: Context) => {
	if (whichEngine(context.host, context.environment).kind === 'apple') {
		const {check: checkApple} = await import('./apple/host.js');
		return checkApple(context);
	}

	const {checkRequirements} = await import('../../host/setup/requirements.js');
	return checkRequirements(context.root ?? defaultRoot);
};

export const command = defineCommand({
	usage: '',
	flags: {
		json: {type: 'boolean', description: 'Print JSON'},
	},
	async run(context, {json}) {
		const requirements = await check(context);
		if (json) {
			print(context, JSON.stringify(requirements, undefined, 4));
		} else {
			context.stdout.write(layOutColumns(requirements.map(({name, status, found, remedy}) =>
				[marks[status], name, found, remedy ?? ''].map(cell => escapeControls(cell)))));
		}

		return requirements.some(({status}) => status === 'missing') ? 1 : 0;
	},
});
