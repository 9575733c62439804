import {Readable} from 'node:stream';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {pack} from 'tar-stream';
import type {TransferVerbs} from '../../engine/transfer.js';
import {HolmError, messageOf} from '../../engine/errors.js';
import {
	exactReference,
	familiarName,
	formatReference,
	parseReference,
	registryOf,
	repositoryName,
} from '../../rules/images/reference.js';
import type {Image, Progress} from '../../engine/resources.js';
import {
	digestOf,
	filesOf,
	findImage,
	hostArchitecture,
	imageOf,
	listImages,
	releaseTag,
} from './image-store.js';
import {knownImages} from './known-images.js';
import {readImages} from './load-images.js';
import {writeImages} from './save-images.js';
import {publish, type ImageRecord, type State} from './state.js';

/** Milliseconds between two steps of a transfer in a lively engine; another one does not wait. */
const stepMs = 60;

const stepsOfLayer = 4;

const checkAborted = (signal: AbortSignal | undefined, doing: string) => {
	if (signal?.aborted) {
		throw new HolmError('unavailable', `${doing}: cancelled`, {cause: signal.reason});
	}
};

/** What the registry of this engine has under a name: the known images, and what was pushed. */
const inRegistry = (state: State, name: string, digest: string | undefined): {readonly image: Image; readonly files: ImageRecord['files']} | undefined => {
	const pushed = state.registry.get(name);
	if (pushed) {
		return pushed;
	}

	const known = knownImages.find(known => known.name === name || (digest !== undefined && imageOf(known).digests.includes(name)));
	return known && {image: imageOf(known), files: filesOf(known)};
};

const checkPlatform = (platform: string | undefined, name: string) => {
	if (platform === undefined) {
		return;
	}

	if (!/^[\da-z]+\/[\da-z]+(?:\/[\da-z]+)?$/v.test(platform)) {
		throw new HolmError('invalid', `${JSON.stringify(platform.slice(0, 100))} is not a platform`, {remedy: 'a platform looks like linux/amd64'});
	}

	if (platform.split('/', 2).join('/') !== `linux/${hostArchitecture}`) {
		throw new HolmError('not-found', `Cannot pull ${name}: no matching manifest for ${platform} in the manifest list entries`, {remedy: `this engine has images for linux/${hostArchitecture}`});
	}
};

/** Sizes of the layers of an image, as far as they can be told: in proportion to nothing but their number. */
const layerSize = ({sizeBytes, layers}: Image): number => Math.max(Math.round(sizeBytes / Math.max(layers.length, 1)), 1);

const shortDigest = (digest: string) => digest.slice('sha256:'.length, 'sha256:'.length + 12);

export const transferVerbs = (state: State): TransferVerbs => {
	const pause = async (signal: AbortSignal | undefined, doing: string) => {
		await (state.simulation ? state.timers.delay(stepMs, signal) : nextTurn());
		checkAborted(signal, doing);
	};

	async function * layers(image: Image, isThere: (layer: string) => boolean, words: {readonly there: string; readonly going: string; readonly done: string}, step: () => Promise<void>): AsyncGenerator<Progress, void> {
		const total = layerSize(image);
		for (const layer of image.layers) {
			const id = shortDigest(layer);
			if (isThere(layer)) {
				yield {id, status: words.there};
				continue;
			}

			for (let part = 1; part <= stepsOfLayer; part++) {
				await step();
				yield {
					id, status: words.going, current: Math.round(total * part / stepsOfLayer), total,
				};
			}

			yield {id, status: words.done};
		}
	}

	async function * pull(text: string, {platform, signal}: NonNullable<Parameters<TransferVerbs['pullImage']>[1]>): AsyncGenerator<Progress, void> {
		state.settle();
		const reference = exactReference(parseReference(text));
		const name = formatReference(reference);
		const shown = familiarName(name);
		const doing = `Cannot pull ${shown}`;
		checkPlatform(platform, shown);
		checkAborted(signal, doing);
		const found = inRegistry(state, name, reference.digest);
		if (!found) {
			const repository = repositoryName(reference);
			const isKnown = knownImages.some(known => known.name.startsWith(`${repository}:`)) || state.registry.keys().some(key => key.startsWith(`${repository}:`));
			throw new HolmError('not-found', isKnown
				? `Cannot pull ${shown}: manifest for ${shown} not found: manifest unknown`
				: `Cannot pull ${shown}: pull access denied for ${familiarName(repository)}, repository does not exist or may require a login`, {remedy: `this engine knows ${knownImages.map(known => familiarName(known.name)).join(', ')}`});
		}

		const release = state.watch();
		try {
			yield {id: reference.tag ?? reference.digest ?? '', status: `Pulling from ${reference.repository}`};
			const there = new Set(listImages(state).flatMap(image => image.layers));
			yield * layers(found.image, layer => there.has(layer), {there: 'Already exists', going: 'Downloading', done: 'Pull complete'}, async () => pause(signal, doing));
			const before = state.images.get(found.image.id);
			if (reference.tag !== undefined) {
				releaseTag(state, name);
			}

			const record = state.images.get(found.image.id) ?? {image: {...found.image, tags: []}, files: found.files.fork()};
			const {tags, digests} = record.image;
			record.image = {
				...record.image,
				tags: reference.tag === undefined || tags.includes(name) ? tags : [...tags, name],
				digests: [...new Set([...digests, ...found.image.digests])],
			};
			state.images.set(record.image.id, record);
			publish(state, 'image', 'pull', shown, {name: familiarName(repositoryName(reference))});
			yield {status: `Digest: ${found.image.digests[0]?.split('@', 2)[1] ?? found.image.id}`};
			yield {status: `Status: ${before ? 'Image is up to date' : 'Downloaded newer image'} for ${shown}`};
		} finally {
			release();
		}
	}

	async function * push(text: string, {signal}: NonNullable<Parameters<TransferVerbs['pushImage']>[1]>): AsyncGenerator<Progress, void> {
		state.settle();
		const {record: {image, files}, name} = findImage(state, text);
		if (name === undefined) {
			throw new HolmError('invalid', `Cannot push ${text}: an id does not say where to`, {remedy: 'give it a name first: holm tag'});
		}

		const reference = exactReference(parseReference(name));
		const repository = repositoryName(reference);
		const doing = `Cannot push ${familiarName(name)}`;
		const release = state.watch();
		try {
			yield {status: `The push refers to repository [${repository}]`};
			const there = new Set([...state.registry.values()].flatMap(other => other.image.layers));
			yield * layers(image, layer => there.has(layer), {there: 'Layer already exists', going: 'Pushing', done: 'Pushed'}, async () => pause(signal, doing));
			const digest = digestOf('manifest', repository, ...image.layers);
			state.registry.set(name, {image: {...image, tags: [name], digests: [`${repository}@${digest}`]}, files});
			const record = state.images.get(image.id);
			if (record) {
				record.image = {...record.image, digests: [...new Set([...record.image.digests, `${repository}@${digest}`])]};
			}

			publish(state, 'image', 'push', familiarName(name), {name: familiarName(repository)});
			yield {status: `${reference.tag ?? 'digest'}: digest: ${digest} size: ${image.layers.length}`};
		} finally {
			release();
		}
	}

	return {
		pullImage: (reference, options = {}) => pull(reference, options),
		pushImage: (reference, options = {}) => push(reference, options),
		async saveImages(references) {
			state.settle();
			const images = new Map<ImageRecord, string[]>();
			for (const reference of references) {
				const {record, name} = findImage(state, reference);
				const tags = images.get(record) ?? [];
				images.set(record, [...new Set([...tags, ...name === undefined ? [] : [name]])]);
			}

			if (images.size === 0) {
				throw new HolmError('invalid', 'no image was named to save', {remedy: 'name one or more'});
			}

			const archive = pack();
			writeImages(images, archive).catch((error: unknown) => {
				archive.destroy(error instanceof Error ? error : new Error(messageOf(error)));
			});
			for (const {image} of images.keys()) {
				publish(state, 'image', 'save', image.id, {name: image.tags[0] === undefined ? image.id : familiarName(image.tags[0])});
			}

			return Readable.from(archive, {objectMode: false});
		},
		async * loadImages(tar): AsyncGenerator<Progress, void> {
			// All of it is read before any of it is there.
			const read = await readImages(tar, state.now);
			for (const {record: {image, files}, tags} of read) {
				const record = state.images.get(image.id) ?? {image, files};
				state.images.set(image.id, record);
				for (const tag of tags) {
					releaseTag(state, tag);
					record.image = {...record.image, tags: [...record.image.tags, tag]};
				}

				publish(state, 'image', 'load', image.id, {name: tags[0] === undefined ? image.id : familiarName(tags[0])});
				for (const tag of tags) {
					yield {text: `Loaded image: ${familiarName(tag)}\n`};
				}

				if (tags.length === 0) {
					yield {text: `Loaded image ID: ${image.id}\n`};
				}
			}
		},
		async checkCredentials({username, password, server}) {
			const registry = registryOf(server);
			if (username === '' || password === '') {
				throw new HolmError('forbidden', `Cannot log in to ${registry}: unauthorized: incorrect username or password`, {remedy: 'this engine\'s registry takes any that are not empty'});
			}
		},
	};
};
