import type {VolumesVerbs} from '../../engine/volumes.js';
import {type Pruned, type Volume} from '../../engine/resources.js';
import {HolmError} from '../../engine/errors.js';
import {
	filterOf,
	isTrue,
	labelRules,
} from '../../rules/filters.js';
import {pruneRules} from '../../rules/item-filters.js';
import {findVolume} from '../../rules/find-resource.js';
import {publish, type State} from './state.js';
import {ensureVolume, usersOf} from './volume-store.js';

const drop = (state: State, {name}: Volume) => {
	state.volumes.delete(name);
	publish(state, 'volume', 'destroy', name, {driver: 'local'});
};

/** All volumes by name. */
export const listVolumes = ({volumes}: State): readonly Volume[] =>
	volumes.values().map(({volume}) => volume).toArray().toSorted((a, b) => a.name.localeCompare(b.name));

export const volumesVerbs = (state: State): VolumesVerbs => ({
	async volumes(filters) {
		state.settle();
		return listVolumes(state).filter(filterOf<Volume>(filters, {
			name: value => ({name}) => name.includes(value),
			driver: value => () => value === 'local',
			dangling(value) {
				const isUnused = isTrue('dangling', value);
				return ({name}) => isUnused === (usersOf(state, name).length === 0);
			},
			...labelRules(({labels}: Volume) => labels),
		}));
	},
	async volume(name) {
		state.settle();
		return findVolume(state.volumes, name).volume;
	},
	async createVolume(configuration) {
		state.settle();
		return ensureVolume(state, configuration).volume;
	},
	async removeVolume(name, {force = false} = {}) {
		state.settle();
		if (force && !state.volumes.has(name)) {
			return;
		}

		const {volume} = findVolume(state.volumes, name);
		const users = usersOf(state, name);
		if (users.length > 0) {
			throw new HolmError('conflict', `remove ${name}: volume is in use - [${users.join(', ')}]`, {remedy: 'remove the containers first'});
		}

		drop(state, volume);
	},
	async pruneVolumes({all = false, filters} = {}): Promise<Pruned> {
		state.settle();
		const {all: given, ...others} = filters ?? {};
		const isAll = all || (given ?? []).some(value => isTrue('all', value));
		const isWanted = filterOf(others, pruneRules(({labels}: Volume) => labels, state.now()));
		const going = listVolumes(state).filter(volume => (isAll || volume.anonymous) && usersOf(state, volume.name).length === 0 && isWanted(volume));
		const freedBytes = going.reduce((sum, {name}) => sum + state.volumes.get(name)!.files.bytes(), 0);
		for (const volume of going) {
			drop(state, volume);
		}

		publish(state, 'volume', 'prune', '', {reclaimed: String(freedBytes)});
		return {removed: going.map(({name}) => name), freedBytes};
	},
});
