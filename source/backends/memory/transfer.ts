import {setImmediate as nextTurn} from 'node:timers/promises';
import type {TransferVerbs} from '../../engine/transfer.js';
import {HolmError} from '../../engine/errors.js';
import type {Image, Progress} from '../../engine/resources.js';
import {
	assertContains,
	assertPlatform,
	assertProvides,
	isSamePlatform,
} from '../../rules/images/platform.js';
import {
	exactReference,
	familiarName,
	formatReference,
	parseReference,
	registryOf,
	repositoryName,
} from '../../rules/images/reference.js';
import {importImage} from './import-image.js';
import {readImages, saveImages} from './image-archives.js';
import {
	addTag,
	findImage,
	hostArchitecture,
	listImages,
	recordOf,
} from './image-store.js';
import {knownImages} from './known-images.js';
import {publish, type ImageRecord, type State} from './state.js';

/** Milliseconds between two steps of a pull with simulated load; without, there is no pause. */
const stepMs = 100;

/** Of a pull with simulated load: bytes a second, and the shortest and longest time in milliseconds. */
const simulated = {rate: 40_000_000, shortest: 2500, longest: 8000};

/** Layers that are downloaded at the same time. */
const layersAtOnce = 3;

const stepsWithoutPause = 4;

const checkAborted = (signal: AbortSignal | undefined, doing: string): void => {
	if (signal?.aborted) {
		throw new HolmError('unavailable', `${doing}: cancelled`, {cause: signal.reason});
	}
};

const checkPlatform = (platform: string | undefined, name: string): void => {
	if (platform === undefined) {
		return;
	}

	assertPlatform(platform);
	if (!isSamePlatform(platform, `linux/${hostArchitecture}`)) {
		throw new HolmError('not-found', `Cannot pull ${name}: no matching manifest for ${platform} in the manifest list entries`, {remedy: `this engine has images for linux/${hostArchitecture}`});
	}
};

/** What the simulated registry has under a name: the known images. Throws `not-found`. */
const findInRegistry = (name: string, doing = 'Cannot pull'): ImageRecord => {
	const found = knownImages.map(image => recordOf(image)).find(({image}) => [...image.tags, ...image.digests].includes(name));
	if (found) {
		return found;
	}

	const shown = familiarName(name);
	const repository = repositoryName(parseReference(name));
	const isKnown = knownImages.some(image => image.name.startsWith(`${repository}:`));
	throw new HolmError('not-found', isKnown
		? `${doing} ${shown}: manifest for ${shown} not found: manifest unknown`
		: `${doing} ${shown}: pull access denied for ${familiarName(repository)}, repository does not exist or may require a login`, {remedy: `this engine knows ${knownImages.map(image => familiarName(image.name)).join(', ')}`});
};

type Download = {
	readonly image: Image;
	readonly doing: string;
	readonly signal: AbortSignal | undefined;
};

/** Bytes of the layers of a known image, in their order. */
const sizesOf = ({tags}: Image): readonly number[] =>
	knownImages.find(({name}) => tags.includes(name))?.layers.map(([, megabytes]) => Math.max(1, Math.round(megabytes * 1_000_000))) ?? [];

/** The progress of the layers of an image, some at the same time. */
async function * downloadLayers(state: State, {image, doing, signal}: Download): AsyncGenerator<Progress, void> {
	const present = new Set(listImages(state).flatMap(({layers}) => layers));
	const sizes = sizesOf(image);
	const all = image.layers.map((layer, index) => ({
		id: layer.slice('sha256:'.length, 'sha256:'.length + 12), isPresent: present.has(layer), total: sizes[index] ?? 1, current: 0,
	}));
	for (const {id, isPresent} of all) {
		yield {id, status: isPresent ? 'Already exists' : 'Waiting'};
	}

	const missing = all.filter(({isPresent}) => !isPresent);
	const bytes = missing.reduce((sum, {total}) => sum + total, 0);
	const duration = Math.min(Math.max(bytes / simulated.rate * 1000, simulated.shortest), simulated.longest);
	const steps = state.isLively ? Math.ceil(duration / stepMs) : stepsWithoutPause;
	for (let waiting = missing; waiting.length > 0; waiting = waiting.filter(({current, total}) => current < total)) {
		await (state.isLively ? state.timers.delay(stepMs, signal) : nextTurn());
		checkAborted(signal, doing);
		let budget = Math.ceil(bytes / steps);
		for (const [index, layer] of waiting.slice(0, layersAtOnce).entries()) {
			const part = Math.min(Math.ceil(budget / (Math.min(waiting.length, layersAtOnce) - index)), layer.total - layer.current);
			budget -= part;
			layer.current += part;
			const {id, current, total} = layer;
			yield {
				id, status: 'Downloading', current, total,
			};
			if (current === total) {
				yield {id, status: 'Pull complete'};
			}
		}
	}
}

async function * pull(state: State, text: string, {platform, signal}: NonNullable<Parameters<TransferVerbs['pullImage']>[1]>): AsyncGenerator<Progress, void> {
	const reference = exactReference(parseReference(text));
	const name = formatReference(reference);
	const shown = familiarName(name);
	const doing = `Cannot pull ${shown}`;
	checkPlatform(platform, shown);
	checkAborted(signal, doing);
	const {image, files} = findInRegistry(name);
	using _ = state.watch();
	yield {id: reference.tag ?? reference.digest ?? '', status: `Pulling from ${reference.repository}`};
	yield * downloadLayers(state, {image, doing, signal});
	const before = state.images.get(image.id);
	const record = before ?? {image: {...image, tags: []}, files};
	record.image = {...record.image, digests: image.digests};
	state.images.set(image.id, record);
	if (reference.tag !== undefined) {
		addTag(state, record, name);
	}

	publish(state, {type: 'image', action: 'pull', id: shown, attributes: {name: familiarName(repositoryName(reference))}});
	yield {status: `Digest: ${image.digests[0]?.split('@', 2)[1] ?? image.id}`};
	yield {status: `Status: ${before ? 'Image is up to date' : 'Downloaded newer image'} for ${shown}`};
}

export const transferVerbs = (state: State): TransferVerbs => ({
	pullImage: (reference, options = {}) => pull(state, reference, options),
	pushImage(reference) {
		throw new HolmError('unsupported', `Cannot push ${JSON.stringify(reference.slice(0, 200))}: pushing is not in the demo`, {remedy: 'start a real engine: holm system start'});
	},
	async registryImage(text) {
		const {image} = findInRegistry(formatReference(exactReference(parseReference(text))), 'Cannot ask the registry about');
		return {
			digest: image.digests[0]?.split('@', 2)[1] ?? image.id,
			mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
			sizeBytes: 500 + image.layers.length * 150,
			platforms: [`${image.os}/${image.architecture}`],
		};
	},
	async saveImages(references, {platform} = {}) {
		const images = new Map<ImageRecord, readonly string[]>();
		for (const reference of references) {
			const {record, name} = findImage(state, reference);
			assertProvides(record.image, reference, platform === undefined ? [] : [platform], 'no suitable export target found');
			images.set(record, [...new Set([...images.get(record) ?? [], ...name === undefined ? [] : [name]])]);
		}

		if (images.size === 0) {
			throw new HolmError('invalid', 'no image was named to save', {remedy: 'name one or more'});
		}

		for (const {image} of images.keys()) {
			publish(state, {type: 'image', action: 'save', id: image.id, attributes: {name: image.tags[0] === undefined ? image.id : familiarName(image.tags[0])}});
		}

		return saveImages(images);
	},
	async * loadImages(tar, {platform} = {}): AsyncGenerator<Progress, void> {
		// An archive with an error adds no image.
		if (platform !== undefined) {
			assertPlatform(platform);
		}

		const read = await readImages(tar, state.now);
		for (const {record: {image}, tags} of platform === undefined ? [] : read) {
			assertContains([`${image.os}/${image.architecture}`], tags, platform!);
		}

		for (const {record: loaded, tags} of read) {
			const {id} = loaded.image;
			const record = state.images.get(id) ?? loaded;
			state.images.set(id, record);
			for (const tag of tags) {
				addTag(state, record, tag);
			}

			publish(state, {type: 'image', action: 'load', id, attributes: {name: tags[0] === undefined ? id : familiarName(tags[0])}});
			yield * tags.length === 0 ? [{text: `Loaded image ID: ${id}\n`}] : tags.map(tag => ({text: `Loaded image: ${familiarName(tag)}\n`}));
		}
	},
	importImage: async (tar, options = {}) => ({id: await importImage(state, tar, options)}),
	async checkCredentials({username, password, server}) {
		const registry = registryOf(server);
		if (username === '' || password === '') {
			throw new HolmError('forbidden', `Cannot log in to ${registry}: unauthorized: incorrect username or password`, {remedy: 'this engine\'s registry takes any that are not empty'});
		}
	},
});
