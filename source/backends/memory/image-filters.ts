import type {Image} from '../../engine/resources.js';
import {familiarName, parseReference, repositoryName} from '../../rules/images/reference.js';
import {
	isTrue,
	labelRules,
	untilOf,
	type FilterRules,
} from '../../rules/filters.js';
import {HolmError} from '../../engine/errors.js';
import {findImage} from './image-store.js';
import {patternOf} from './glob.js';
import type {State} from './state.js';

/** A filter `reference`, as Go's path.Match has it: `*` and `?` do not cross a slash. */
const reference = (value: string): ((image: Image) => boolean) => {
	if (value.includes('[')) {
		throw new HolmError('unsupported', `invalid filter reference=${JSON.stringify(value.slice(0, 100))}: lists of characters are not in the demo`, {remedy: 'use * and ?'});
	}

	const parts = value.split('/').map(part => patternOf(part));
	const matches = (text: string) => {
		const given = text.split('/');
		return given.length === parts.length && given.every((part, index) => parts[index]!.test(part));
	};

	return ({tags, digests}) => [...tags, ...digests].some(name => {
		const repository = repositoryName(parseReference(name));
		return [name, familiarName(name), repository, familiarName(repository)].some(text => matches(text));
	});
};

/** Docker's filters of `images`. */
export const imageRules = (state: State) => ({
	reference,
	dangling(value) {
		const isNameless = isTrue('dangling', value);
		return ({tags}) => isNameless === (tags.length === 0);
	},
	...labelRules(({configuration}: Image) => configuration.labels),
	before(value) {
		const last = findImage(state, value).record.image.createdAt;
		return ({createdAt}) => createdAt < last;
	},
	since(value) {
		const first = findImage(state, value).record.image.createdAt;
		return ({createdAt}) => createdAt > first;
	},
	until(value) {
		const last = untilOf(value, state.now());
		return ({createdAt}) => createdAt < last;
	},
}) satisfies FilterRules<Image>;
