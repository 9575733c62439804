import type {ArchivesVerbs} from '../../engine/archives.js';
import {HolmError} from '../../engine/errors.js';
import {mountPath} from '../../rules/names.js';
import {statusOf, type Opened} from './archives/opened.js';
import {packed} from './archives/pack.js';
import {assertPath, shown} from './archives/paths.js';
import {openResting} from './archives/resting.js';
import {openRunning} from './archives/running.js';
import type {Context} from './context.js';
import {collect} from './collect.js';
import {failureOf} from './failures.js';
import {givePaths} from './given-files.js';
import {readItem, type Item} from './listing.js';

const isRunning = ({container: {status}}: Item) => status.state === 'running';

const open = async (context: Context, item: Item, given: string, isShort = false): Promise<Opened> => {
	assertPath(given);
	return isRunning(item) ? openRunning(context, item, given, isShort) : openResting(context, item, given);
};

/** Throws `not-found`, and `invalid` for what is no directory. */
const assertDirectory = async (context: Context, item: Item, given: string): Promise<void> => {
	try {
		const {entries} = await open(context, item, `${given}/.`, true);
		await entries.return();
	} catch (error) {
		if (error instanceof HolmError && error.code !== 'not-found') {
			throw error;
		}

		const {entries} = await open(context, item, given, true);
		await entries.return();
		throw new HolmError(
			'invalid',
			`extraction point ${shown(given)} is not a directory in container ${item.name}`,
			{remedy: 'name a directory'},
		);
	}
};

export const archivesVerbs = (context: Context): ArchivesVerbs => ({
	async pathStatus(reference, given) {
		const {first, entries} = await open(context, await readItem(context, reference), given, true);
		await entries.return();
		return statusOf(given, first);
	},
	async readArchive(reference, given) {
		const {first, entries} = await open(context, await readItem(context, reference), given);
		return {status: statusOf(given, first), tar: packed(entries)};
	},
	async writeArchive(reference, given, tar) {
		// The tar may fail before it is read.
		tar.on('error', () => undefined);
		const item = await readItem(context, reference);
		assertPath(given);
		if (!isRunning(item)) {
			await context.inTurn(async () => givePaths(context, await readItem(context, reference), given, tar));
			return;
		}

		await assertDirectory(context, item, given);
		const program = await context.program();
		const argv = ['exec', '-i', item.apple.id, 'tar', '-xf', '-', '-C', mountPath(given)];
		const {exitCode, stderr} = await collect(program.transport, [program.path, ...argv], {input: tar, limitMs: Infinity});
		if (exitCode !== 0) {
			const {message} = failureOf({argv, exitCode, stderr, where: program.transport.name});
			throw new HolmError(
				'invalid',
				`Cannot unpack into ${shown(given)} of container ${item.name}: ${message}`,
				{remedy: 'check the archive'},
			);
		}
	},
});
