import type {Engine} from '../../engine/engine.js';
import type {Image} from '../../engine/resources.js';
import {filterOf} from '../../rules/filters.js';
import {imageRules} from './image-filters.js';
import {findImage, listImages} from './image-store.js';
import type {State} from './state.js';

type Verbs = Pick<Engine, 'images' | 'image'>;

export const imageVerbs = (state: State): Verbs => ({
	async images({filters} = {}) {
		state.settle();
		return listImages(state).filter(filterOf<Image>(filters, imageRules(state)));
	},
	async image(reference) {
		state.settle();
		return findImage(state, reference).record.image;
	},
});
