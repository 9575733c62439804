import type {ContainersVerbs} from '../../engine/containers.js';
import type {Pruned, Container, Filters, Image} from '../../engine/resources.js';
import {HolmError} from '../../engine/errors.js';
import {withoutLink} from '../../rules/containers/links.js';
import {filterOf, type Matcher} from '../../rules/filters.js';
import {findContainer} from '../../rules/find-resource.js';
import {containerRules, pruneRules} from '../../rules/item-filters.js';
import {change} from './container-record.js';
import {claimName, createContainer} from './create-container.js';
import {killRecord, removeRecord} from './runs.js';
import {publish, publishOf, type ContainerRecord, type State} from './state.js';
import {findImage} from './image-store.js';

/** Matches containers of an image or of one built on it. */
const ancestor = (state: State): Matcher<Container> => value => {
	let wanted: Image;
	try {
		wanted = findImage(state, value).record.image;
	} catch {
		return ({configuration}) => configuration.image === value;
	}

	return ({imageId}) => {
		const image = state.images.get(imageId)?.image;
		const isBuiltOn = wanted.layers.length > 0 && wanted.layers.every((layer, index) => image?.layers[index] === layer);
		return imageId === wanted.id || isBuiltOn;
	};
};

/** The position of a container in the order of creation; many are created in one millisecond. */
const position = ({containers}: State, id: string): number => [...containers.keys()].indexOf(id);

/** Docker's filters of `ps`. */
const containerFilter = (state: State, filters: Filters | undefined) => filterOf<Container>(filters, containerRules({
	ancestor: ancestor(state),
	positionOf: reference => position(state, findContainer(state.containers, reference).id),
}));

export const withSize = ({container, files}: ContainerRecord): Container => ({...container, diskBytes: files.bytes()});

/** All containers, newest first. */
export const listContainers = ({containers}: State): readonly ContainerRecord[] => containers.values().toArray().toReversed();

const isLive = ({status}: Container) => status.state !== 'created' && status.state !== 'exited';

export const containersVerbs = (state: State): ContainersVerbs => ({
	async containers({all = false, filters, size} = {}) {
		const isWanted = containerFilter(state, filters);
		// A filter by state includes stopped containers.
		const isAll = all || ['status', 'exited'].some(key => (filters?.[key]?.length ?? 0) > 0);
		const records = listContainers(state).filter(({container}) => (isAll || isLive(container)) && isWanted(container));
		return records.map(record => size ? withSize(record) : record.container);
	},
	async container(reference, {size} = {}) {
		const record = findContainer(state.containers, reference);
		return size ? withSize(record) : record.container;
	},
	async createContainer(configuration) {
		return createContainer(state, configuration);
	},
	async renameContainer(reference, given) {
		if (given === '') {
			throw new HolmError('invalid', 'Neither old nor new names may be empty', {remedy: 'give a new name'});
		}

		const record = findContainer(state.containers, reference);
		const oldName = record.container.name;
		if (given.replace(/^\//v, '') === oldName) {
			throw new HolmError('invalid', `Renaming a container with the same name as its current name: ${oldName}`, {remedy: 'give another name'});
		}

		const name = claimName(state, given);
		change(record, {name, configuration: {...record.container.configuration, name}});
		publishOf(state, record, 'rename', {oldName: `/${oldName}`});
	},
	async removeLink(reference, alias) {
		const record = findContainer(state.containers, reference);
		change(record, {configuration: {...record.container.configuration, links: withoutLink(record.container, alias)}});
	},
	async removeContainer(reference, {force = false, volumes = false, by} = {}) {
		const record = findContainer(state.containers, reference);
		const {status: {state: word}, name} = record.container;
		if (isLive(record.container) && !force) {
			throw new HolmError('conflict', `cannot remove container "${name}": container is ${word}: stop the container before removing or force remove`, {remedy: `holm stop ${name}, or holm rm --force ${name}`});
		}

		killRecord(state, record, {verb: 'remove', by});
		// With autoRemove its end has removed it.
		if (!record.isRemoved) {
			removeRecord(state, record, {volumes});
		}
	},
	async pruneContainers(filters): Promise<Pruned> {
		const isWanted = filterOf(filters, pruneRules(({configuration}: Container) => configuration.labels, state.now()));
		const going = listContainers(state).filter(({container}) => !isLive(container) && isWanted(container));
		const freedBytes = going.reduce((sum, {files}) => sum + files.bytes(), 0);
		for (const record of going) {
			removeRecord(state, record, {volumes: false});
		}

		publish(state, {type: 'container', action: 'prune', id: '', attributes: {reclaimed: String(freedBytes)}});
		return {removed: going.map(({id}) => id), freedBytes};
	},
});
