import {HolmError} from '../../engine/errors.js';
import {defineCommand} from '../command.js';
import {attachFlags} from '../../flags/attach-flags.js';
import {checkTerminal, runAttached} from './attached.js';

export const command = defineCommand({
	usage: 'CONTAINER',
	flags: {
		noStdin: {type: 'boolean', description: 'Do not attach standard input'},
		...attachFlags,
	},
	exitsAsProcess: true,
	async run(context, {noStdin, sigProxy, detachKeys}, [reference = '']) {
		const engine = await context.engine();
		const {id, status, configuration} = await engine.container(reference);
		if (status.state !== 'running') {
			const remedy = status.state === 'paused' ? 'holm unpause wakes it' : 'holm start -a starts and attaches it';
			throw new HolmError('conflict', `container ${reference} is ${status.state}, it cannot be attached to`, {remedy});
		}

		const {terminal, autoRemove, openStdin} = configuration;
		const isStdin = openStdin && !noStdin;
		checkTerminal(context, {terminal, input: isStdin, detachKeys});
		return runAttached(context, engine, id, {
			stdin: isStdin, terminal, autoRemove, sigProxy, detachKeys,
		});
	},
});
