import {encodeCredentials, encodeRegistryAuth} from '../../wire/encode/credentials.js';
import {splitTag} from '../../wire/image-names.js';
import type {TransferVerbs} from '../../engine/transfer.js';
import {readBytes} from './answer-streams.js';
import type {Client} from './client.js';
import {imagePath} from './paths.js';
import {readProgress} from './progress.js';

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
	saveImages: async references => readBytes(client, await client.send('GET', '/images/get', {query: {names: references}})),
	loadImages: tar => readProgress(client, '/images/load', {tar}),
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
