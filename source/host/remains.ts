import {HolmError, messageOf} from '../engine/errors.js';
import {closeNamespace, namespaceNameOf} from './bridges/namespace.js';
import {runIn} from './bridges/programs.js';
import {endStrays, ownedProcesses} from './machines/strays.js';
import {unmountBelow} from './mounts.js';
import {pathsOf} from './store/paths.js';

const isNamespaceThere = async (name: string): Promise<boolean> => {
	const {stdout} = await runIn('ip', ['netns', 'list']);
	return stdout.split('\n').some(line => line.split(' ', 1)[0] === name);
};

/**
Ends whatever is still left on the host after an engine has shut down, and resolves with one line for each thing that it found.

Throws `unavailable`, naming what could not be ended.
*/
export const endRemains = async (root: string): Promise<readonly string[]> => {
	const found = [...await endStrays(root)];
	const namespace = namespaceNameOf(root);
	if (await isNamespaceThere(namespace)) {
		found.push(`network namespace ${namespace}`);
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
