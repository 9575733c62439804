import type {Mount, Volume} from '../../resources.js';
import {volumeName} from '../../rules/names.js';
import {createFileTree, type TreeMount} from './file-tree.js';
import {publish, type State, type VolumeRecord} from './state.js';

export const volumeRoot = '/holm/volumes';

type VolumeOptions = {readonly name?: string; readonly labels?: Volume['labels']};

/** Makes a volume, or finds the one of that name. Without a name it is an anonymous one. Throws `invalid` for a name that is none. */
export const ensureVolume = (state: State, {name, labels = {}}: VolumeOptions): VolumeRecord => {
	const chosen = name === undefined || name === '' ? state.random.hex(64) : volumeName(name);
	const known = state.volumes.get(chosen);
	if (known) {
		return known;
	}

	const record: VolumeRecord = {
		volume: {
			name: chosen, createdAt: state.now(), mountpoint: `${volumeRoot}/${chosen}/_data`, labels: {...labels}, anonymous: chosen !== name,
		},
		files: createFileTree(state.now),
	};
	state.volumes.set(chosen, record);
	publish(state, 'volume', 'create', chosen, {driver: 'local'});
	return record;
};

/** Ids of the containers, running or not, that mount a volume. */
export const usersOf = ({containers}: State, name: string): readonly string[] =>
	containers.values().filter(({container}) => container.mounts.some(mount => mount.type === 'volume' && mount.source === name)).map(({id}) => id).toArray();

/** A container's mounts as the trees that they are. A directory of the host is an empty one here, the same for all that mount it. */
export const treeMounts = (state: State, mounts: readonly Mount[]): readonly TreeMount[] =>
	mounts.map(mount => {
		const path = mount.target.replace(/\/+$/v, '').replaceAll(/\/{2,}/gv, '/');
		switch (mount.type) {
			case 'volume': {
				return {path, tree: state.volumes.get(mount.source)!.files, readOnly: mount.readOnly};
			}

			case 'bind': {
				const tree = state.hostDirectories.get(mount.source) ?? createFileTree(state.now);
				state.hostDirectories.set(mount.source, tree);
				return {path, tree, readOnly: mount.readOnly};
			}

			case 'tmpfs': {
				return {path, tree: createFileTree(state.now), readOnly: mount.readOnly};
			}
		}
	});
