import {decodeProgress} from '../../wire/decode/error.js';
import {decodeHistory, decodeImage, decodeImageItem} from '../../wire/decode/image.js';
import {decodePrunedImages, decodeRemovedImage} from '../../wire/decode/verbs.js';
import {encodeRegistryAuth, encodeRegistryConfig} from '../../wire/encode/credentials.js';
import {fieldsOfList} from '../../wire/fields.js';
import {splitTag} from '../../wire/image-names.js';
import type {Engine} from '../../engine/engine.js';
import {HolmError} from '../../engine/errors.js';
import type {Progress} from '../../engine/resources.js';
import {endable, readBytes, readLines} from './answer-streams.js';
import type {Client, RequestOptions} from './client.js';
import {pathName} from './paths.js';
import {encodeFilters} from './containers.js';
import {cancelled} from './failures.js';

type Verbs = 'images' | 'image' | 'pullImage' | 'pushImage' | 'buildImage' | 'tagImage' | 'removeImage' | 'saveImages' | 'loadImages' | 'pruneImages';

const imagePath = (reference: string, verb = '') => `/images/${pathName(reference, 'image')}${verb}`;

/** Docker's error of a build does not name the step. */
const atStep = (error: unknown, step: string | undefined) => step === undefined || !(error instanceof HolmError) || error.message.startsWith('Build failed')
	? error
	: new HolmError(error.code, `Build failed at step ${step}: ${error.message}`, {remedy: error.remedy, cause: error});

async function * readSteps(client: Client, path: string, options: RequestOptions): AsyncGenerator<Progress, void> {
	const response = await client.send('POST', path, options);
	let step: string | undefined;
	try {
		for await (const json of readLines(client, response)) {
			const progress = decodeProgress(json);
			const {groups} = /^Step (?<position>\d+\/\d+) : (?<text>[^\n]*)/v.exec(progress.text ?? '') ?? {};
			step = groups ? `${groups['position']}, ${groups['text']!.slice(0, 300)}` : step;
			yield progress;
		}
	} catch (error) {
		throw options.signal?.aborted ? cancelled(error) : atStep(error, step);
	}
}

const readProgress = (client: Client, path: string, options: RequestOptions): AsyncIterable<Progress> =>
	endable(signal => readSteps(client, path, {...options, signal}), options.signal);

/** Images, and their ways here and from here. */
export const imageVerbs = (client: Client): Pick<Engine, Verbs> => ({
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
	buildImage: (context, options) => readProgress(client, '/build', {
		query: {
			t: options.tags,
			dockerfile: options.file,
			buildargs: JSON.stringify(options.buildArguments),
			labels: JSON.stringify(options.labels),
			target: options.target,
			nocache: options.noCache,
			pull: options.pull,
			rm: true,
			forcerm: true,
		},
		headers: options.credentials?.length ? {'X-Registry-Config': encodeRegistryConfig(options.credentials)} : {},
		tar: context,
		signal: options.signal,
	}),
	async tagImage(reference, tag) {
		const {name, tag: version} = splitTag(tag);
		await client.json('POST', imagePath(reference, '/tag'), {query: {repo: name, tag: version}});
	},
	removeImage: async (reference, {force} = {}) => decodeRemovedImage(await client.json('DELETE', imagePath(reference), {query: {force}})),
	saveImages: async references => readBytes(client, await client.send('GET', '/images/get', {query: {names: references}})),
	loadImages: tar => readProgress(client, '/images/load', {tar}),
	pruneImages: async ({all = false, filters} = {}) => decodePrunedImages(await client.json('POST', '/images/prune', {
		query: {filters: encodeFilters({...filters, dangling: [String(!all)]})},
	})),
});
