import type {Mount, Volume} from '../../engine/resources.js';
import {mountPath, volumeName} from '../../rules/names.js';
import {createFileTree, type FileTree, type TreeMount} from './file-tree.js';
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

const treeOf = (state: State, mount: Mount): FileTree => {
	switch (mount.type) {
		case 'volume': {
			return state.volumes.get(mount.source)!.files;
		}

		case 'bind': {
			const tree = state.hostDirectories.get(mount.source) ?? createFileTree(state.now);
			state.hostDirectories.set(mount.source, tree);
			return tree;
		}

		case 'tmpfs': {
			return createFileTree(state.now);
		}
	}
};

/** A container's mounts as the trees that they are. A directory of the host is an empty one here, the same for all that mount it. */
export const treeMounts = (state: State, mounts: readonly Mount[]): readonly TreeMount[] =>
	mounts.map(mount => ({path: mountPath(mount.target), tree: treeOf(state, mount), readOnly: mount.readOnly}));
