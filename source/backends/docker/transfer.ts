import {encodePlatform} from '../../wire/encode/platform.js';
import {encodeCredentials, encodeRegistryAuth} from '../../wire/encode/credentials.js';
import {decodeRegistryImage} from '../../wire/decode/registry-image.js';
import {splitTag} from '../../wire/image-names.js';
import type {TransferVerbs} from '../../engine/transfer.js';
import {readBytes} from './answer-streams.js';
import type {Client} from './client.js';
import {imagePath, pathName} from './paths.js';
import {readProgress} from './progress.js';
import {assertMinorVersion} from './versions.js';

const firstWithPlatforms = 48;

/** The platform of images in an archive, which older engines would ignore. */
const platformQuery = async (client: Client, platform: string | undefined) => {
	if (platform === undefined) {
		return {};
	}

	await assertMinorVersion(client, firstWithPlatforms, 'does not choose images of an archive by platform', 'leave out the platform');
	return {platform: encodePlatform(platform)};
};

export const transferVerbs = (client: Client): TransferVerbs => ({
	pullImage(reference, {credentials, platform, signal} = {}) {
		const {name, tag} = splitTag(reference);
		return readProgress(client, '/images/create', {
			query: {fromImage: name, tag, platform},
			headers: credentials ? {'X-Registry-Auth': encodeRegistryAuth(credentials)} : {},
			signal,
		});
	},
	pushImage(reference, {credentials, signal} = {}) {
		const {name, tag} = splitTag(reference);
		return readProgress(client, imagePath(name, '/push'), {
			query: {tag},
			headers: {'X-Registry-Auth': encodeRegistryAuth(credentials)},
			signal,
		});
	},
	async registryImage(reference, {credentials, signal} = {}) {
		return decodeRegistryImage(await client.json('GET', `/distribution/${pathName(reference, 'image')}/json`, {
			headers: credentials ? {'X-Registry-Auth': encodeRegistryAuth(credentials)} : {},
			signal,
		}));
	},
	async saveImages(references, {platform} = {}) {
		return readBytes(client, await client.send('GET', '/images/get', {query: {names: references, ...await platformQuery(client, platform)}}));
	},
	async * loadImages(tar, {platform} = {}) {
		const query = await platformQuery(client, platform).catch((error: unknown) => {
			tar.destroy();
			throw error;
		});
		yield * readProgress(client, '/images/load', {tar, query});
	},
	async importImage(tar, {tag: reference, message, changes, platform} = {}) {
		const {name, tag} = reference === undefined ? {name: undefined, tag: undefined} : splitTag(reference);
		let id = '';
		const query = {
			fromSrc: '-', repo: name, tag, message, changes, platform,
		};
		for await (const {status} of readProgress(client, '/images/create', {query, tar})) {
			id = status ?? id;
		}

		return {id};
	},
	async checkCredentials(credentials) {
		await client.json('POST', '/auth', {json: encodeCredentials(credentials)});
	},
});
