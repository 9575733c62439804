import {HolmError} from '../../engine/errors.js';
import type {Image} from '../../engine/resources.js';
import {
	exactReference,
	familiarName,
	formatReference,
	parseReference,
} from './reference.js';

export type Found = {
	readonly image: Image;
	/** The tag in full by which it was found; absent when it was an id or a digest. */
	readonly name?: string;
};

const byName = (images: readonly Image[], text: string): Found | undefined => {
	const reference = exactReference(parseReference(text));
	const name = formatReference(reference);
	if (reference.digest !== undefined) {
		const image = images.find(({digests}) => digests.includes(name));
		return image && {image};
	}

	const image = images.find(({tags}) => tags.includes(name));
	return image && {image, name};
};

const byId = (images: readonly Image[], beginning: string): readonly Image[] =>
	images.filter(({id}) => id.startsWith(`sha256:${beginning}`));

/**
The image that a user means: a whole id, else a name, else the beginning of an id, of at least two digits, as Docker looks.

Throws `not-found`, and `invalid` for what is no reference or begins several ids.
*/
export const find = (images: readonly Image[], text: string): Found => {
	const digits = /^(?:sha256:)?(?<digits>[\da-f]{2,64})$/v.exec(text)?.groups?.digits;
	const [image, ...others] = digits === undefined ? [] : byId(images, digits);
	const isWhole = digits?.length === 64 || text.startsWith('sha256:');
	const named = isWhole ? undefined : byName(images, text);
	if (named) {
		return named;
	}

	if (image && others.length === 0) {
		return {image};
	}

	if (others.length > 0) {
		throw new HolmError('invalid', `Several image ids begin with ${text}`, {remedy: 'give more digits of the id'});
	}

	const name = isWhole ? text : familiarName(text);
	throw new HolmError('not-found', `No such image: ${name}`, {remedy: isWhole ? 'holm images lists what there is' : `holm pull ${name}`});
};
