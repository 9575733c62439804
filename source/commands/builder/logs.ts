import {builderOf} from '../../engine/builder.js';
import {HolmError} from '../../engine/errors.js';
import {defineCommand} from '../command.js';
import {printLog} from '../container/logs.js';
import {logFlags, parseTail} from '../log-flags.js';

export const command = defineCommand({
	usage: '',
	flags: logFlags,
	async run(context, {follow, tail}) {
		const {id} = await builderOf(await context.engine()).status();
		if (id === undefined) {
			throw new HolmError('not-found', 'there is no builder', {remedy: 'holm builder start makes it'});
		}

		await printLog(context, id, {follow, tail: parseTail(tail), timestamps: false});
	},
});
