import {builderOf, type BuilderActions, type BuildStep} from '../../engine/builder.js';
import {asHolmError} from '../../engine/errors.js';
import {binarySize, decimalSize} from '../../text/sizes.js';
import {defineCommand, print, printError, type Context} from '../command.js';
import {listFlags, printRows} from '../print/rows.js';

const {format: formatFlag} = listFlags;

const duration = (seconds: number): string => seconds % 60 === 0 && seconds > 0 ? `${seconds / 60}m` : `${seconds}s`;

/** A builder that is too busy to list its steps is listed itself all the same. */
const stepsOf = async (context: Context, {steps}: BuilderActions): Promise<readonly BuildStep[]> => {
	try {
		return await steps();
	} catch (error) {
		const {message, remedy} = asHolmError(error);
		printError(context, `steps unknown: ${message}${remedy === undefined ? '' : ` (${remedy})`}`);
		return [];
	}
};

export const command = defineCommand({
	usage: '',
	flags: {format: formatFlag},
	async run(context, {format}) {
		const actions = builderOf(await context.engine());
		const builder = await actions.status();
		await printRows(context, [{
			State: builder.state,
			CPUs: String(builder.cpus),
			Memory: binarySize(builder.memoryBytes),
			Disk: binarySize(builder.diskBytes),
			Used: decimalSize(builder.usedBytes),
			Keep: duration(builder.keepSeconds),
			Connections: String(builder.connections),
		}], {
			columns: {
				State: 'STATE', CPUs: 'CPUS', Memory: 'MEMORY', Disk: 'DISK', Used: 'USED', Keep: 'KEEP', Connections: 'CONNECTIONS',
			},
			format,
		});
		const steps = format === undefined && builder.state === 'running' && builder.connections > 0 ? await stepsOf(context, actions) : [];
		if (steps.length > 0) {
			print(context, '');
			await printRows(context, steps.map(({step, pid, elapsedSeconds, command: words}) => ({
				Step: String(step), PID: String(pid), Elapsed: duration(elapsedSeconds), Command: words,
			})), {columns: {
				Step: 'STEP', PID: 'PID', Elapsed: 'ELAPSED', Command: 'COMMAND',
			}});
		}
	},
});
