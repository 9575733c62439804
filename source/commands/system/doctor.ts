import {asHolmError} from '../../engine/errors.js';
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

/** What is wrong with the dashboard's configuration. */
const checkConfiguration = async ({environment}: Context) => {
	const {configurationPath, readConfiguration} = await import('../../dashboard/state/config.js');
	const {keyConflicts} = await import('../../dashboard/keys/key-maps.js');
	const row = (found: string, remedy?: string) => ({name: configurationPath(environment), status: 'warning' as const, found, remedy});
	try {
		const {keys} = await readConfiguration(environment);
		return keyConflicts(keys).map(conflict => row(conflict, 'give one of them another key'));
	} catch (error) {
		const {message, remedy} = asHolmError(error);
		return [row(message, remedy)];
	}
};

export const command = defineCommand({
	usage: '',
	flags: {
		json: {type: 'boolean', description: 'Print JSON'},
	},
	async run(context, {json}) {
		const requirements = [...await check(context), ...await checkConfiguration(context)];
		if (json) {
			print(context, JSON.stringify(requirements, undefined, 4));
		} else {
			context.stdout.write(layOutColumns(requirements.map(({name, status, found, remedy}) =>
				[marks[status], name, found, remedy ?? ''].map(cell => escapeControls(cell)))));
		}

		return requirements.some(({status}) => status === 'missing') ? 1 : 0;
	},
});
