import type {Image} from '../../resources.js';
import {familiarName, parseReference, repositoryName} from '../../host/images/reference.js';
import {
	isTrue,
	labelRules,
	untilOf,
	type FilterRule,
} from '../../rules/filters.js';
import {findImage} from './image-store.js';
import type {State} from './state.js';

/** A pattern of a filter `reference`, as Go's path.Match has it: `*` and `?` do not cross a slash. */
const patternOf = (value: string): RegExp =>
	new RegExp(`^${value.replaceAll(/[$\(\)*+\-.\/?\[\\\]^\{\|\}]/gv, character => {
		if (character === '*') {
			return '[^/]*';
		}

		return character === '?' ? '[^/]' : `\\${character}`;
	})}$`, 'v');

const matchesReference = ({tags, digests}: Image, value: string): boolean => {
	if (value.length > 300 || /\*{2}/v.test(value)) {
		return false;
	}

	const pattern = patternOf(value);
	return [...tags, ...digests].some(name => {
		const repository = repositoryName(parseReference(name));
		return [name, familiarName(name), repository, familiarName(repository)].some(text => pattern.test(text));
	});
};

/** Docker's filters of `images`. */
export const imageRules = (state: State): Readonly<Record<string, FilterRule<Image>>> => ({
	reference: matchesReference,
	dangling: ({tags}, value) => isTrue('dangling', value) === (tags.length === 0),
	...labelRules(({configuration}: Image) => configuration.labels),
	before: ({createdAt}, value) => createdAt < findImage(state, value).record.image.createdAt,
	since: ({createdAt}, value) => createdAt > findImage(state, value).record.image.createdAt,
	until: ({createdAt}, value) => createdAt < untilOf(value, state.now()),
});
