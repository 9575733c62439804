import type {Engine} from '../../engine/engine.js';
import {asHolmError, HolmError} from '../../engine/errors.js';
import {defineCommand, print, type Context} from '../command.js';
import type {FlagValues} from '../../flags/flag-table.js';
import {runArguments} from '../../flags/run-arguments.js';
import {withPatience} from '../print/patience.js';
import {checkTerminal, runAttached} from './attached.js';
import {createFromFlags, type NewContainer} from './new-container.js';
import {refusedContainerFlags} from './refused-flags.js';

type RunFlags = FlagValues<typeof runArguments['flags']>;

const streams = new Set(['stdin', 'stdout', 'stderr']);

const checkFlags = (context: Context, {attach, detach, tty, interactive, detachKeys}: RunFlags) => {
	const unknown = attach.find(stream => !streams.has(stream.toLowerCase()));
	if (unknown !== undefined) {
		throw new HolmError('invalid', `invalid stream "${unknown}" for --attach`, {remedy: 'the streams are stdin, stdout and stderr'});
	}

	if (detach && attach.length > 0) {
		throw new HolmError('invalid', 'conflicting flags --attach and --detach', {remedy: 'drop one of them'});
	}

	checkTerminal(context, {terminal: tty, input: interactive && !detach, detachKeys});
};

/** A failed start removes the container; the start's error is the one to report. */
const startOrUndo = async (engine: Engine, {id, undo}: NewContainer) => {
	try {
		await engine.startContainer(id);
	} catch (error) {
		try {
			await undo();
		} catch (undoError) {
			// With --rm the engine may have removed it already.
			if (asHolmError(undoError).code !== 'not-found') {
				// eslint-disable-next-line preserve-caught-error -- both are in it
				throw new AggregateError([error, undoError], 'the start and its undoing failed');
			}
		}

		// Its boot log is removed with it.
		throw error instanceof HolmError && error.remedy?.startsWith('holm logs --boot')
			? new HolmError(error.code, error.message, {remedy: 'holm create keeps it: then holm start, and holm logs --boot may say more', cause: error})
			: error;
	}
};

export const command = defineCommand({
	...runArguments,
	refused: refusedContainerFlags,
	exitsAsProcess: true,
	async run(context, given, input) {
		checkFlags(context, given);
		const container = await createFromFlags(context, given, input);
		const {id, configuration} = container;
		const engine = await context.engine();
		const start = async () => withPatience(context, 'Still starting; the first container of an engine takes longest.', startOrUndo(engine, container));
		if (given.detach) {
			await start();
			print(context, id);
			return 0;
		}

		const isWanted = (stream: string) => given.attach.length === 0 || given.attach.some(name => name.toLowerCase() === stream);
		return runAttached(context, engine, id, {
			start,
			autoRemove: configuration.autoRemove,
			terminal: configuration.terminal,
			stdin: configuration.openStdin && isWanted('stdin'),
			stdout: isWanted('stdout'),
			stderr: isWanted('stderr'),
			sigProxy: given.sigProxy,
			detachKeys: given.detachKeys,
		});
	},
});
