import {type Filters, type Container, type Image} from '../../engine/resources.js';
import {HolmError} from '../../engine/errors.js';
import {filterOf, type Matcher} from '../../rules/filters.js';
import {containerRules} from '../../rules/item-filters.js';
import {findContainer} from '../../rules/find-resource.js';
import {findImage} from './image-store.js';
import type {State} from './state.js';

/** Whether a container was made of an image, given by name or id, or of one that was built on it. */
const ancestor = (state: State): Matcher<Container> => value => {
	let wanted: Image;
	try {
		wanted = findImage(state, value).record.image;
	} catch {
		return ({configuration}) => configuration.image === value;
	}

	return ({imageId}) => {
		const image = state.images.get(imageId)?.image;
		return imageId === wanted.id || (image !== undefined && wanted.layers.length > 0 && wanted.layers.every((layer, index) => image.layers[index] === layer));
	};
};

/** Ids in the order in which the containers were made: many are made in one millisecond. */
const position = ({containers}: State, id: string): number => [...containers.keys()].indexOf(id);

/** Docker's filters of `ps`. */
export const containerFilter = (state: State, filters: Filters | undefined): ((container: Container) => boolean) => filterOf(filters, containerRules({
	ancestor: ancestor(state),
	positionOf: reference => position(state, findContainer(state.containers, reference).id),
}));
