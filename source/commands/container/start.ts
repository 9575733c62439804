import {HolmError} from '../../engine/errors.js';
import {defineCommand} from '../command.js';
import {forEachReference} from '../for-each-reference.js';
import {attachFlags} from '../../flags/attach-flags.js';
import {checkTerminal, runAttached} from './attached.js';

export const command = defineCommand({
	usage: 'CONTAINER...',
	flags: {
		attach: {type: 'boolean', shortFlag: 'a', description: 'Attach to its output and forward signals'},
		interactive: {type: 'boolean', shortFlag: 'i', description: 'Attach standard input, too'},
		...attachFlags,
	},
	async run(context, {attach, interactive, sigProxy, detachKeys}, input) {
		const engine = await context.engine();
		if (!attach && !interactive) {
			return forEachReference(context, input, engine.startContainer, {acceptUnchanged: true});
		}

		if (input.length > 1) {
			throw new HolmError('invalid', 'only one container can be started and attached to at once', {remedy: 'leave out -a and -i, or name one'});
		}

		const {id, configuration: {terminal, autoRemove, openStdin}} = await engine.container(input[0]!);
		const isStdin = interactive && openStdin;
		checkTerminal(context, {terminal, input: isStdin, detachKeys});
		return runAttached(context, engine, id, {
			stdin: isStdin,
			terminal,
			autoRemove,
			sigProxy,
			detachKeys,
			start: async () => engine.startContainer(id),
		});
	},
});
