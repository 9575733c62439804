import {HolmError} from '../../engine/errors.js';
import type {Container, ContainerConfiguration, Mount} from '../../engine/resources.js';
import {mountPath} from '../names.js';

const pattern = /^(?<container>[\dA-Za-z][\w.\-]*)(?::(?<mode>(?:ro|rw|z|Z)(?:,(?:ro|rw|z|Z))*))?$/v;

/** `CONTAINER[:ro|rw]`. Throws `invalid`. */
export const parseVolumesFrom = (text: string): {readonly container: string; readonly readOnly: boolean} => {
	const {container, mode = ''} = pattern.exec(text)?.groups ?? {};
	if (container === undefined) {
		throw new HolmError('invalid', `invalid volumes-from ${JSON.stringify(text.slice(0, 200))}`, {remedy: 'write CONTAINER, CONTAINER:ro or CONTAINER:rw'});
	}

	return {container, readOnly: mode.split(',').includes('ro')};
};

/**
The mounts of a container that also gets those of others. Its own have precedence, then the later containers'. File systems in memory are not shared.

`find` throws `not-found` for an unknown container.
*/
export const withVolumesFrom = (
	{mounts: own, volumesFrom = []}: Pick<ContainerConfiguration, 'mounts' | 'volumesFrom'>,
	find: (reference: string) => Pick<Container, 'mounts'>,
): readonly Mount[] => {
	const byTarget = new Map<string, Mount>();
	for (const text of volumesFrom) {
		const {container, readOnly} = parseVolumesFrom(text);
		for (const mount of find(container).mounts) {
			if (mount.type !== 'tmpfs') {
				byTarget.set(mountPath(mount.target), {...mount, readOnly: mount.readOnly || readOnly});
			}
		}
	}

	const owned = new Set(own.map(({target}) => mountPath(target)));
	return [...own, ...byTarget.values().filter(({target}) => !owned.has(mountPath(target)))];
};
