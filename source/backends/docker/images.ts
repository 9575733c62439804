import {encodePlatform} from '../../wire/encode/platform.js';
import {decodeHistory, decodeImage, decodeImageItem} from '../../wire/decode/image.js';
import {decodePrunedImages, decodeRemovedImage} from '../../wire/decode/verbs.js';
import {fieldsOfList} from '../../wire/fields.js';
import {splitTag} from '../../wire/image-names.js';
import type {ImagesVerbs} from '../../engine/images.js';
import type {Client} from './client.js';
import {encodeFilters, imagePath} from './paths.js';
import {assertMinorVersion} from './versions.js';

const firstToRemovePlatforms = 50;

export const imagesVerbs = (client: Client): ImagesVerbs => ({
	async images({all, filters} = {}) {
		const items = fieldsOfList(await client.json('GET', '/images/json', {query: {all, filters: encodeFilters(filters)}}));
		return items.map(item => decodeImageItem(item.raw));
	},
	async image(reference) {
		const image = decodeImage(await client.json('GET', imagePath(reference, '/json')));
		if (await client.isHolm()) {
			return image;
		}

		return {...image, history: decodeHistory(fieldsOfList(await client.json('GET', imagePath(reference, '/history'))))};
	},
	async tagImage(reference, tag) {
		const {name, tag: version} = splitTag(tag);
		await client.json('POST', imagePath(reference, '/tag'), {query: {repo: name, tag: version}});
	},
	async removeImage(reference, {force, platforms = []} = {}) {
		if (platforms.length > 0) {
			await assertMinorVersion(client, firstToRemovePlatforms, 'does not remove images by platform', 'leave out the platform');
		}

		const query = {force, platforms: platforms.map(platform => encodePlatform(platform))};
		return decodeRemovedImage(await client.json('DELETE', imagePath(reference), {query}));
	},
	pruneImages: async ({all = false, filters} = {}) => decodePrunedImages(await client.json('POST', '/images/prune', {
		query: {filters: encodeFilters({...filters, dangling: [String(!all)]})},
	})),
});
