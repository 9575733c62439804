import {HolmError, messageOf} from '../engine/errors.js';
import {closeNamespace, hasNamespace, namespaceNameOf} from './bridges/namespace.js';
import {endStrays, ownedProcesses} from './machines/strays.js';
import {unmountBelow} from './mounts.js';
import {pathsOf} from './store/paths.js';

/**
Ends whatever is still left on the host after an engine has shut down, and resolves with one line for each thing that it found.

Throws `unavailable`, naming what could not be ended.
*/
export const endRemains = async (root: string): Promise<readonly string[]> => {
	const found = [...await endStrays(root)];
	if (await hasNamespace(root)) {
		found.push(`network namespace ${namespaceNameOf(root)}`);
		await closeNamespace(root).catch((error: unknown) => {
			throw new HolmError('unavailable', messageOf(error), {remedy: 'holm system logs may say more', cause: error});
		});
	}

	await unmountBelow(pathsOf(root).machines);
	const left = await ownedProcesses(root);
	if (left.length > 0) {
		throw new HolmError('unavailable', `not everything of the engine has ended: ${left.map(({program, identity}) => `${program}, process ${identity.pid}`).join('; ')}`, {remedy: 'check whether a disk or a file server of the host hangs'});
	}

	return found;
};
