import {HolmError} from '../../engine/errors.js';
import {parseWhole} from '../../flags/sizes.js';
import {defineCommand} from '../command.js';
import {printLog} from '../container/logs.js';
import {builderOf} from './builder-of.js';

export const command = defineCommand({
	usage: '',
	flags: {
		follow: {type: 'boolean', shortFlag: 'f', description: 'Follow new output'},
		tail: {
			type: 'string', shortFlag: 'n', default: 'all', value: 'LINES', description: 'Number of lines from the end',
		},
	},
	async run(context, {follow, tail}) {
		const {id} = await builderOf(await context.engine()).status();
		if (id === undefined) {
			throw new HolmError('not-found', 'there is no builder', {remedy: 'holm builder start makes it'});
		}

		await printLog(context, id, {follow, ...tail !== 'all' && {tail: parseWhole('--tail', tail)}, timestamps: false});
	},
});
