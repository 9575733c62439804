import type {VolumeConfiguration, VolumesVerbs} from '../../engine/volumes.js';
import type {Pruned, Volume, Mount} from '../../engine/resources.js';
import {HolmError} from '../../engine/errors.js';
import {filterOf, isTrue} from '../../rules/filters.js';
import {pruneRules, volumeRules} from '../../rules/item-filters.js';
import {findVolume} from '../../rules/find-resource.js';
import {mountPath, volumeName} from '../../rules/names.js';
import {volumeKind} from '../../rules/volume-options.js';
import {publish, type State, type VolumeRecord} from './state.js';
import {
	createFileTree,
	nodesBelow,
	partsOf,
	type FileTree,
	type TreeMount,
} from './file-tree.js';

const volumeRoot = '/holm/volumes';

/** Finds or adds a volume; without a name, adds an anonymous one. Throws `invalid` for the name, and the errors of `volumeKind`. */
export const ensureVolume = (state: State, {name, labels = {}, options = {}}: VolumeConfiguration): VolumeRecord => {
	volumeKind(options);
	const chosen = name === undefined || name === '' ? state.random.hex(64) : volumeName(name);
	const known = state.volumes.get(chosen);
	if (known) {
		return known;
	}

	const record: VolumeRecord = {
		volume: {
			name: chosen,
			createdAt: state.now(),
			mountpoint: `${volumeRoot}/${chosen}/_data`,
			labels: {...labels},
			...Object.keys(options).length > 0 && {options: {...options}},
			anonymous: chosen !== name,
		},
		files: createFileTree(state.now),
	};
	state.volumes.set(chosen, record);
	publish(state, {type: 'volume', action: 'create', id: chosen, attributes: {driver: 'local'}});
	return record;
};

/** As in Docker, an empty volume gets the image's files at its mount path. */
export const fillVolume = ({files}: VolumeRecord, image: FileTree, {target}: Mount): void => {
	const found = image.find(target);
	if (files.nodes().size === 1 && found?.node.type === 'directory') {
		for (const [path, node] of [['', found.node], ...nodesBelow(image.nodes(), found.path)] as const) {
			files.put(`/${path}`, node);
		}
	}
};

/** Ids of the containers, running or not, that mount a volume. */
export const usersOf = ({containers}: State, name: string): readonly string[] =>
	containers.values().filter(({container}) => container.mounts.some(mount => mount.type === 'volume' && mount.source === name)).map(({id}) => id).toArray();

const partOf = (mount: Mount): string => mount.type === 'volume' && mount.subpath !== undefined ? `/${partsOf(mount.subpath).join('/')}` : '';

/** Throws `invalid` for a mount of a part that its volume does not have. */
export const assertSubpaths = (state: State, mounts: readonly Mount[]): void => {
	for (const mount of mounts) {
		if (mount.type === 'volume' && mount.subpath !== undefined && treeOf(state, mount).nodes().get(partOf(mount))?.type !== 'directory') {
			throw new HolmError('invalid', `${mount.subpath} cannot be mounted: there is no such directory in volume ${mount.source}`, {remedy: 'make it, or mount another one'});
		}
	}
};

const treeOf = (state: State, mount: Mount): FileTree => {
	if (mount.type === 'volume') {
		return state.volumes.get(mount.source)!.files;
	}

	const tree = (mount.type === 'bind' && state.hostDirectories.get(mount.source)) || createFileTree(state.now);
	if (mount.type === 'bind') {
		state.hostDirectories.set(mount.source, tree);
	}

	return tree;
};

/** The mounts of a container as trees. A directory of the host is empty here, and the same for all containers that mount it. */
export const treeMounts = (state: State, mounts: readonly Mount[]): readonly TreeMount[] =>
	mounts.map(mount => ({
		path: mountPath(mount.target), tree: treeOf(state, mount), within: partOf(mount), readOnly: mount.readOnly,
	}));

export const dropVolume = (state: State, name: string): void => {
	state.volumes.delete(name);
	publish(state, {type: 'volume', action: 'destroy', id: name, attributes: {driver: 'local'}});
};

/** All volumes by name. */
export const listVolumes = ({volumes}: State): readonly Volume[] =>
	volumes.values().map(({volume}) => volume).toArray().toSorted((a, b) => a.name.localeCompare(b.name));

export const volumesVerbs = (state: State): VolumesVerbs => ({
	async volumes(filters) {
		return listVolumes(state).filter(filterOf(filters, volumeRules(({name}) => usersOf(state, name).length > 0)));
	},
	async volume(name) {
		return findVolume(state.volumes, name).volume;
	},
	async createVolume(configuration) {
		return ensureVolume(state, configuration).volume;
	},
	async removeVolume(name, {force = false} = {}) {
		if (force && !state.volumes.has(name)) {
			return;
		}

		findVolume(state.volumes, name);
		const users = usersOf(state, name);
		if (users.length > 0) {
			throw new HolmError('conflict', `remove ${name}: volume is in use - [${users.join(', ')}]`, {remedy: 'remove the containers first'});
		}

		dropVolume(state, name);
	},
	async pruneVolumes({all = false, filters} = {}): Promise<Pruned> {
		const {all: given, ...others} = filters ?? {};
		const isAll = all || (given ?? []).some(value => isTrue('all', value));
		const isWanted = filterOf(others, pruneRules(({labels}: Volume) => labels, state.now()));
		const unused = listVolumes(state).filter(({name}) => usersOf(state, name).length === 0);
		const going = unused.filter(volume => (isAll || volume.anonymous) && isWanted(volume));
		const freedBytes = going.reduce((sum, {name}) => sum + state.volumes.get(name)!.files.bytes(), 0);
		for (const {name} of going) {
			dropVolume(state, name);
		}

		publish(state, {type: 'volume', action: 'prune', id: '', attributes: {reclaimed: String(freedBytes)}});
		return {removed: going.map(({name}) => name), freedBytes};
	},
});
