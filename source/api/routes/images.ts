import {HolmError} from '../../engine/errors.js';
import {encodeHistory, encodeImage, encodeImageItem} from '../../wire/encode/image.js';
import {encodePrunedImages, encodeRemovedImage} from '../../wire/encode/verbs.js';
import {created, ok, route} from '../exchange.js';
import {joinTag} from '../../wire/image-names.js';

export const imagesRoutes = [
	route('GET', '/images/json', async ({engine, query, isHolm}) => {
		const images = await engine.images({all: query.flag('all'), filters: query.filters()});
		return ok(images.map(image => encodeImageItem(image, {detail: isHolm})));
	}),
	route('POST', '/images/prune', async ({engine, query}) => {
		const {dangling, ...filters} = query.filters();
		// As in Docker, only dangling images unless the filter says otherwise.
		const isAll = dangling?.some(value => value === 'false' || value === '0') ?? false;
		return ok(encodePrunedImages(await engine.pruneImages({all: isAll, filters})));
	}),
	route('GET', '/images/{image}/json', async ({engine, name}) => ok(encodeImage(await engine.image(name)))),
	route('GET', '/images/{image}/history', async ({engine, name}) => ok(encodeHistory(await engine.image(name)))),
	route('POST', '/images/{image}/tag', async ({engine, name, query}) => {
		const repository = query.text('repo');
		if (!repository) {
			throw new HolmError('invalid', 'repo is missing: the new name of the image');
		}

		await engine.tagImage(name, joinTag(repository, query.text('tag')));
		return created();
	}),
	route('DELETE', '/images/{image}', async ({engine, name, query}) => ok(encodeRemovedImage(await engine.removeImage(name, {force: query.flag('force')})))),
];
