import {HolmError} from '../../engine/errors.js';
import type {Engine} from '../../engine/engine.js';
import type {BootLogOptions} from '../../engine/logs.js';
import type {LogEntry} from '../../engine/resources.js';
import {timestampOf} from '../../rules/containers/log-parser.js';
import {keepConsole, openConsole, readConsole} from '../machines/console.js';
import {machineFiles} from '../machines/qemu.js';
import type {Entry, Context} from './context.js';

/** Where the console of a container's machine goes while there is one. A helper machine's goes there too. */
export const consoleOf = ({paths}: Context, {container: {id}}: Entry): string => machineFiles(paths.container(id).machine).console;

/** Keeps what the console showed of a machine of the container's own that is about to be taken away. */
export const letGoOfConsole = async (context: Context, entry: Entry): Promise<void> => {
	await keepConsole(consoleOf(context, entry), context.paths.container(entry.container.id).console);
};

/** What the console of a container's machine shows, or that of its last one showed. */
export const createBootLog = (context: Context, find: (reference: string) => Entry): NonNullable<Engine['bootLog']> => {
	async function * bootLog(reference: string, {follow = false, tail, signal}: BootLogOptions = {}): AsyncGenerator<LogEntry, void> {
		const entry = find(reference);
		const {container, run, ended} = entry;
		const live = ['starting', 'live', 'ending'].includes(run.state) ? consoleOf(context, entry) : undefined;
		let handle = live === undefined ? undefined : await openConsole(live);
		const isLive = handle !== undefined;
		handle ??= await openConsole(context.paths.container(container.id).console);
		if (!handle) {
			throw new HolmError('not-found', `there is no boot log of container ${container.name}: it has had no machine yet`, {remedy: `holm start ${container.name}`});
		}

		try {
			for await (const {seenAt, bytes} of readConsole(handle, {tail, signal, ...follow && isLive && {follow: {file: live!, ended: ended.signal}}})) {
				yield {stream: 'stdout', timestamp: timestampOf(seenAt), bytes};
			}
		} finally {
			await handle.close();
		}
	}

	return bootLog;
};
