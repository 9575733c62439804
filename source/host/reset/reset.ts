import {readdir, rmdir} from 'node:fs/promises';
import path from 'node:path';
import {HolmError, messageOf} from '../../engine/errors.js';
import {closeNamespace} from '../bridges/namespace.js';
import {takeEveryStep} from '../every-step.js';
import type {SetupStep} from '../kernel/guest-kernel.js';
import {withLock} from '../lock.js';
import {clearAbandonedTemplates} from '../machines/template/abandoned-templates.js';
import {clearMachine} from '../machines/machine.js';
import {endRemains} from '../remains.js';
import {run} from '../run.js';
import {pathsOf} from '../store/paths.js';
import {end, readIdentity} from '../workers/worker-process.js';
import {mountsBelow} from './mounts.js';
import {ownMounts, surveyEngine, type Survey} from './survey.js';

const namesIn = async (directory: string) => readdir(directory).catch(() => []);

/** Ends by their records what a daemon could not end, and takes the network from the host. */
const endEverything = async (root: string, directory: string): Promise<void> => {
	const {machines, workers, templates} = pathsOf(directory);
	const [machineNames, workerFiles] = await Promise.all([namesIn(machines), namesIn(workers)]);
	await takeEveryStep([
		...machineNames.map(name => async () => clearMachine(path.join(machines, name))),
		async () => clearAbandonedTemplates(templates),
		...workerFiles.filter(name => name.endsWith('.pid')).map(name => async () => end(await readIdentity(path.join(workers, name)))),
		// Its name follows from the path that the daemon was given.
		async () => closeNamespace(root),
		// And what no record tells of.
		async () => endRemains(root),
	], 'not everything of the engine could be ended');
};

const unmountOwn = async (directory: string): Promise<void> => {
	for (const mount of await ownMounts(directory)) {
		await run('umount', ['--lazy', '--', mount]);
	}

	const [left] = await mountsBelow(directory);
	if (left !== undefined) {
		throw new HolmError('conflict', `something is still mounted at ${left}; no file was removed`, {remedy: `umount ${left}, then holm system reset again`});
	}
};

/** Follows no link and stays on the file system that the directory is on. */
const removeFiles = async ({directory, names}: Survey): Promise<void> => {
	if (names.length > 0) {
		await run('rm', ['--recursive', '--force', '--one-file-system', '--', ...names.map(name => path.join(directory, name))], {remedy: 'mend that, then holm system reset again'});
	}
};

export type ResetOptions = {
	readonly root: string;
	readonly tell: (step: SetupStep) => void;
	/** Ends the daemon and everything that it runs, and sees to it that none starts again. */
	readonly shutDown: () => Promise<void>;
};

/**
Ends everything of the engine in a directory and removes the directory, with images, containers and volumes. Resolves with whether the directory itself is gone: it stays where a file system is mounted on it.

Throws `conflict`, before anything is removed, where the directory holds what is not the engine's.
*/
export const resetEngine = async ({root, tell, shutDown}: ResetOptions): Promise<{readonly isGone: boolean}> => {
	const found = await surveyEngine(root);
	tell({step: 'engine', detail: 'ending what runs'});
	try {
		await shutDown();
	} catch (error) {
		tell({step: 'warning', detail: `the daemon could not end it, so it is ended from outside: ${messageOf(error)}`});
	}

	if (!found) {
		return {isGone: true};
	}

	const {directory} = found;
	// One that hangs holds the lock.
	await end(await readIdentity(pathsOf(directory).daemonPid));
	await withLock(pathsOf(directory).daemonLock, async () => {
		// Before anything is removed, with a machine's directory too.
		await unmountOwn(directory);
		await endEverything(path.resolve(root), directory);
		await unmountOwn(directory);
		// Something may have come since.
		const survey = await surveyEngine(directory);
		tell({step: 'files', detail: `removing ${directory}`});
		await removeFiles(survey!);
	}, {canWait: false});
	try {
		await rmdir(directory);
		return {isGone: true};
	} catch (error) {
		if (['EBUSY', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) {
			return {isGone: false};
		}

		throw error;
	}
};
