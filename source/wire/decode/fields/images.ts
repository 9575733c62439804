import {hint, honoured, type FieldTable} from './rule.js';

const platform = honoured('of an image, which has one; another is an error');

const isTrue = (value: unknown) => typeof value === 'string' && !['', '0', 'no', 'false', 'none'].includes(value.trim().toLowerCase());

/** The query of `GET /images/get` and `GET /images/{name}/get`. */
export const imageSaveFields: FieldTable = {names: honoured(), platform};

/** The query of `POST /images/load`. */
export const imageLoadFields: FieldTable = {
	platform: honoured('of an image for several platforms, that one alone; an archive without it is an error'),
	quiet: honoured('there is no progress but the names'),
};

/** The query of `DELETE /images/{name}`. */
export const imageRemovalFields: FieldTable = {
	force: honoured(),
	// Compose and Docker's client for Go send it with each removal, also where there is no parent.
	noprune: hint('parents without a name, which nothing else needs, are removed with the image, and are in the answer', isTrue),
	platforms: platform,
};
