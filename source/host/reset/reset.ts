import {readdir, rmdir} from 'node:fs/promises';
import path from 'node:path';
import {HolmError, messageOf} from '../../engine/errors.js';
import {closeNamespace} from '../bridges/namespace.js';
import {takeEveryStep} from '../every-step.js';
import type {SetupStep} from '../kernel/guest-kernel.js';
import {withLock} from '../lock.js';
import {clearAbandonedTemplates} from '../machines/template/abandoned-templates.js';
import {clearMachine} from '../machines/machine.js';
import {mountPointsBelow, readMounts} from '../mounts.js';
import {endRemains} from '../remains.js';
import {run} from '../run.js';
import {pathsOf} from '../store/paths.js';
import {end, readIdentity} from '../workers/worker-process.js';
import {ownMounts, surveyEngine, type Survey} from './survey.js';

const namesIn = async (directory: string) => readdir(directory).catch(() => []);

/** Ends what the daemon could not end, by its records, and removes the network from the host. */
const endEverything = async (root: string, directory: string): Promise<void> => {
	const {machines, workers, templates} = pathsOf(directory);
	const [machineNames, workerFiles] = await Promise.all([namesIn(machines), namesIn(workers)]);
	await takeEveryStep([
		...machineNames.map(name => async () => clearMachine(path.join(machines, name))),
		async () => clearAbandonedTemplates(templates),
		...workerFiles.filter(name => name.endsWith('.pid')).map(name => async () => end(await readIdentity(path.join(workers, name)))),
		// Its name is derived from the path that the daemon was given.
		async () => closeNamespace(root),
		// What has no record.
		async () => endRemains(root),
	], 'not everything of the engine could be ended');
};

const unmountOwn = async (directory: string): Promise<void> => {
	for (const mount of await ownMounts(directory)) {
		await run('umount', ['--lazy', '--', mount]);
	}

	const [left] = mountPointsBelow(await readMounts(), directory);
	if (left !== undefined) {
		throw new HolmError('conflict', `something is still mounted at ${left}; no file was removed`, {remedy: `umount ${left}, then holm system reset again`});
	}
};

/** Does not follow links, and stays on the file system of the directory. */
const removeFiles = async ({directory, names}: Survey): Promise<void> => {
	if (names.length > 0) {
		await run('rm', ['--recursive', '--force', '--one-file-system', '--', ...names.map(name => path.join(directory, name))], {remedy: 'fix that, then holm system reset again'});
	}
};

export type ResetOptions = {
	readonly root: string;
	readonly tell: (step: SetupStep) => void;
	/** Stops the daemon with everything that it runs, and keeps it from starting again. */
	readonly shutDown: () => Promise<void>;
};

/**
Stops the engine in a directory with everything it runs, and removes the directory, with images, containers and volumes. `isGone` is false if the directory itself remains, because a file system is mounted on it.

Throws `conflict`, before anything is removed, if the directory contains files that are not the engine's.
*/
export const resetEngine = async ({root, tell, shutDown}: ResetOptions): Promise<{readonly isGone: boolean}> => {
	const found = await surveyEngine(root);
	tell({step: 'engine', detail: 'ending what runs'});
	try {
		await shutDown();
	} catch (error) {
		tell({step: 'warning', detail: `the daemon could not stop it, so it is killed: ${messageOf(error)}`});
	}

	if (!found) {
		return {isGone: true};
	}

	const {directory} = found;
	// A daemon that hangs holds the lock.
	await end(await readIdentity(pathsOf(directory).daemonPid));
	await withLock(pathsOf(directory).daemonLock, async () => {
		// First of all, because `clearMachine` below removes directories.
		await unmountOwn(directory);
		await endEverything(path.resolve(root), directory);
		await unmountOwn(directory);
		// Check again, because files may have been added.
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
