import type {Filters, Image} from '../../engine/resources.js';
import {HolmError} from '../../engine/errors.js';
import {filterOf, isTrue} from '../filters.js';
import {pruneRules} from '../item-filters.js';
import {pathWildcards, wildcardMatcher} from '../../text/wildcards.js';
import {familiarName} from './reference.js';

const formsOf = (tag: string): readonly string[] => {
	const name = familiarName(tag);
	return [tag, name, name.replace(/:[^:\/]*$/v, '')];
};

const findImage = (all: readonly Image[], reference: string): Image => {
	const digits = reference.replace('sha256:', '');
	const image = all.find(({id, tags}) => id.slice('sha256:'.length).startsWith(digits) || tags.some(tag => formsOf(tag).includes(reference)));
	if (!image) {
		throw new HolmError('not-found', `No such image: ${JSON.stringify(reference.slice(0, 200)).slice(1, -1)}`, {remedy: 'holm images lists them'});
	}

	return image;
};

/** Docker's filters of `images`; `all` are all images of the engine. Throws `invalid` for what Docker rejects, and `not-found` for an unknown image in `before` or `since`. */
export const imageFilter = (filters: Filters, all: readonly Image[], now: number): ((image: Image) => boolean) => filterOf<Image>(filters, {
	reference(value) {
		const matches = wildcardMatcher(pathWildcards(value.slice(0, 300)));
		return ({tags}) => tags.some(tag => formsOf(tag).some(name => matches(name)));
	},
	dangling(value) {
		const isNameless = isTrue('dangling', value);
		return ({tags}) => isNameless === (tags.length === 0);
	},
	before(value) {
		const {createdAt: last} = findImage(all, value);
		return ({createdAt}) => createdAt < last;
	},
	since(value) {
		const {createdAt: first} = findImage(all, value);
		return ({createdAt}) => createdAt > first;
	},
	...pruneRules(({configuration}: Image) => configuration.labels, now),
});
