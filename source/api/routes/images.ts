import {HolmError} from '../../engine/errors.js';
import type {Image} from '../../engine/resources.js';
import {checkFields} from '../../wire/decode/fields/check.js';
import {imageRemovalFields} from '../../wire/decode/fields/images.js';
import {decodePlatform} from '../../wire/decode/platform.js';
import {encodeHistory, encodeImage, encodeImageItem} from '../../wire/encode/image.js';
import {encodePrunedImages, encodeRemovedImage} from '../../wire/encode/verbs.js';
import {created, ok, route} from '../exchange.js';
import type {Query} from '../query.js';
import {joinTag} from '../../wire/image-names.js';

const countBy = <Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, number> => {
	const counts = new Map<string, number>();
	for (const key of items.map(item => keyOf(item))) {
		counts.set(key, (counts.get(key) ?? 0) + 1);
	}

	return counts;
};

/** The image, if it is of the platform that the request asks for; an image has one alone. */
const onPlatform = (image: Image, name: string, query: Query, isKnown: boolean): Image => {
	const text = query.text('platform');
	if (!isKnown || text === undefined) {
		return image;
	}

	const platform = decodePlatform(text);
	if (platform.split('/', 2).join('/') !== `${image.os}/${image.architecture}`) {
		throw new HolmError('not-found', `image with reference ${name} was found but does not provide the specified platform (${platform})`);
	}

	return image;
};

export const imagesRoutes = [
	route('GET', '/images/json', async ({engine, query, isHolm, minorVersion}) => {
		const images = await engine.images({all: query.flag('all'), filters: query.filters()});
		// Before 1.51, the count was always that of an unknown one.
		const users = minorVersion < 51 ? undefined : countBy(await engine.containers({all: true}), ({imageId}) => imageId);
		return ok(images.map(image => encodeImageItem(image, {
			detail: isHolm, minorVersion, containers: users && (users.get(image.id) ?? 0),
		})));
	}),
	route('POST', '/images/prune', async ({engine, query}) => {
		const {dangling, ...filters} = query.filters();
		// As in Docker, only dangling images unless the filter says otherwise.
		const isAll = dangling?.some(value => value === 'false' || value === '0') ?? false;
		return ok(encodePrunedImages(await engine.pruneImages({all: isAll, filters})));
	}),
	route('GET', '/images/{image}/json', async ({engine, name, query, minorVersion}) => ok(encodeImage(onPlatform(await engine.image(name), name, query, minorVersion >= 49), {minorVersion}))),
	route('GET', '/images/{image}/history', async ({engine, name, query, minorVersion}) => ok(encodeHistory(onPlatform(await engine.image(name), name, query, minorVersion >= 48)))),
	route('POST', '/images/{image}/tag', async ({engine, name, query}) => {
		const repository = query.text('repo');
		if (!repository) {
			throw new HolmError('invalid', 'repo is missing: the new name of the image');
		}

		await engine.tagImage(name, joinTag(repository, query.text('tag')));
		return created();
	}),
	route('DELETE', '/images/{image}', async ({engine, name, query, minorVersion}) => {
		checkFields(imageRemovalFields, query.raw);
		const platforms = minorVersion < 50 ? [] : query.all('platforms').map(text => decodePlatform(text, 'platforms'));
		return ok(encodeRemovedImage(await engine.removeImage(name, {force: query.flag('force'), platforms})));
	}),
];
