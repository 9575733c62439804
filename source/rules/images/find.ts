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
	/** The full tag by which the image was found; absent if it was an id or a digest. */
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
Finds an image by full id, else name, else id prefix of at least two digits, as Docker does.

Throws `not-found`, and `invalid` for a malformed reference or an ambiguous prefix.
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
