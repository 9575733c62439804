import {HolmError, messageOf} from '../../engine/errors.js';
import type {Image} from '../../engine/resources.js';
import {
	familiarName,
	isLoopback,
	parseReference,
	tagName,
} from '../../rules/images/reference.js';
import {within} from '../machines/patience.js';
import type {ImageSource} from '../images/assemble.js';
import type {ImageStore} from '../images/storage.js';
import type {DockerClient} from './docker-client.js';
import {mirrorNameOf} from './image-mirror.js';

/** Images of the builder: tags with the id of each, and ids without a tag. */
type Held = {readonly tags: ReadonlyMap<string, string>; readonly ids: ReadonlySet<string>};

const isTag = (tag: unknown): tag is string => {
	try {
		return typeof tag === 'string' && tag !== '<none>:<none>' && tagName(tag) !== '';
	} catch {
		return false;
	}
};

/** Reads `GET /images/json`. What is not as expected is skipped. */
export const heldIn = (answer: unknown): Held => {
	const list = Array.isArray(answer) ? answer as ReadonlyArray<{readonly Id?: unknown; readonly RepoTags?: unknown} | null> : [];
	const images = list.flatMap(image => typeof image?.Id === 'string' && /^sha256:[\da-f]{64}$/v.test(image.Id)
		? [{id: image.Id, tags: Array.isArray(image.RepoTags) ? image.RepoTags.filter(tag => isTag(tag)) : []}]
		: []);
	return {
		tags: new Map(images.flatMap(({id, tags}) => tags.map(tag => [tagName(tag), id] as const))),
		ids: new Set(images.map(({id}) => id)),
	};
};

/** Bytes of images that the engine gives to the builder although it could pull them itself, as the engine once did. */
const pulledLimitBytes = 1024 ** 3;

type Giveable = Pick<Image, 'id' | 'tags' | 'digests' | 'sizeBytes'>;

/** Whether the registry of a name may give the image, as it once gave it to the engine. `localhost` is another host in the builder. */
const isPulled = ({digests}: Giveable, name: string): boolean => {
	const {registry, repository} = parseReference(name);
	return !isLoopback(registry) && digests.some(digest => {
		const other = parseReference(digest);
		return other.registry === registry && other.repository === repository;
	});
};

/**
The images that the builder needs before a build, with their names: those with names of other registries than docker.io, because it asks the engine's mirror only for that one.

The engine does not know which of them the build needs. What only the engine has is always among them; of those that were pulled the smallest, up to 1 GiB in all. The builder pulls the others again.
*/
export const imagesToGive = (images: readonly Giveable[]): ReadonlyMap<string, readonly string[]> => {
	const given = new Map<string, readonly string[]>();
	let pulledBytes = 0;
	for (const image of images.toSorted((a, b) => a.sizeBytes - b.sizeBytes)) {
		const names = image.tags.filter(name => parseReference(name).registry !== 'docker.io');
		const isOwn = names.some(name => !isPulled(image, name));
		pulledBytes += isOwn || names.length === 0 ? 0 : image.sizeBytes;
		if (names.length > 0 && (isOwn || pulledBytes <= pulledLimitBytes)) {
			given.set(image.id, names);
		}
	}

	return given;
};

/** A builder that works answers at once, also when it is busy. */
const listLimitMs = 10_000;

/** Time for an image to be packed or pulled by the builder. */
const transferLimitMs = 600_000;

export type BuiltImages = {
	/** Takes new images of the builder into the engine, and makes the names of both agree. With `isBefore`, before a build, the builder also gets images that it could not find by itself. */
	readonly synchronise: (options?: {readonly isBefore?: boolean}) => Promise<void>;
	/** Removes all images of the builder, whose layers are part of its cache; the engine has them. */
	readonly clear: () => Promise<void>;
	/** What the builder holds now is old. */
	readonly forget: () => void;
};

export type BuiltImagesOptions = {
	readonly client: DockerClient;
	readonly images: ImageStore;
	/** The parts of an image in the builder. */
	readonly sourceOf: (id: string) => ImageSource;
	readonly onTag: (id: string, name: string) => void;
	/** The builder has pulled an image by its id. */
	readonly onGiven: (id: string) => Promise<void>;
	readonly log: (line: string) => void;
};

/**
Keeps the images of the engine and of the builder in agreement.

What appears in the builder is a result and comes to the engine. A name that means another image in the engine, or none, is removed from the builder, which would otherwise build on an old image. So is an image that the engine does not have, before a build. Images of `imagesToGive` are given to the builder before a build.
*/
export const createBuiltImages = ({client, images, sourceOf, onTag, onGiven, log}: BuiltImagesOptions): BuiltImages => {
	let known: Held | undefined;

	const take = async (id: string): Promise<void> => {
		try {
			await images.assemble(id, sourceOf(id));
			return;
		} catch (error) {
			if (error instanceof HolmError && error.code === 'unavailable') {
				throw error;
			}

			// Another Docker may keep its images in another way.
			log(`the builder gives an image as a whole: ${messageOf(error)}`);
		}

		const archive = await client.request('GET', `/images/${id}/get`, {limitMs: transferLimitMs});
		const timer = setTimeout(() => {
			archive.destroy(new HolmError('unavailable', `the builder did not give an image within ${transferLimitMs / 1000} seconds`, {remedy: 'holm builder logs may say why'}));
		}, transferLimitMs);
		try {
			for await (const _step of images.load(archive)) {
				// The steps name what the archive has; its names come below.
			}
		} catch (error) {
			throw error instanceof HolmError && error.code === 'unavailable'
				? error
				: new HolmError('internal', `the engine cannot take the built image ${id.slice('sha256:'.length, 'sha256:'.length + 12)}: ${messageOf(error)}`, {remedy: 'the log of the daemon has more', cause: error});
		} finally {
			clearTimeout(timer);
		}
	};

	/** Takes results and resolves with those that are taken. Before a build, one that cannot be is left out, and so leaves the builder: it must not hold up all later builds. */
	const takeAll = async (ids: Iterable<string>, isBefore: boolean): Promise<readonly string[]> => {
		const taken: string[] = [];
		for (const id of ids) {
			try {
				await take(id);
				taken.push(id);
			} catch (error) {
				if (!isBefore || (error instanceof HolmError && error.code === 'unavailable')) {
					throw error;
				}

				log(`a result of the builder is dropped: ${messageOf(error)}`);
			}
		}

		return taken;
	};

	const nameInBuilder = async (id: string, names: readonly string[]): Promise<void> => {
		for (const name of names) {
			const {registry, repository, tag: version = 'latest'} = parseReference(name);
			await client.json('POST', `/images/${id}/tag?repo=${encodeURIComponent(`${registry}/${repository}`)}&tag=${version}`);
		}
	};

	/** The builder pulls an image from the engine's mirror by its id, and so only the layers that it has not pulled before. */
	const pull = async (id: string): Promise<void> => {
		const path = `/images/create?fromImage=${encodeURIComponent(mirrorNameOf(id))}&tag=latest`;
		const said = await within(client.json('POST', path, {limitMs: transferLimitMs}), transferLimitMs, () => new HolmError('unavailable', `the builder did not take an image within ${transferLimitMs / 1000} seconds`, {remedy: 'holm builder logs may say why'}));
		const {reason} = /"error":"(?<reason>[^"]+)"/v.exec(typeof said === 'string' ? said : JSON.stringify(said ?? ''))?.groups ?? {};
		if (reason !== undefined) {
			throw new HolmError('internal', `the builder could not pull an image: ${reason}`);
		}
	};

	const give = async (id: string, names: readonly string[]): Promise<void> => {
		const isThere = await nameInBuilder(id, names).then(() => true, () => false);
		if (isThere) {
			return;
		}

		try {
			await pull(id);
			await nameInBuilder(id, names);
		} catch (error) {
			log(`an image is given to the builder as a whole: ${messageOf(error)}`);
			await client.json('POST', '/images/load?quiet=1', {body: await images.save(names), limitMs: transferLimitMs});
		} finally {
			await client.json('DELETE', `/images/${encodeURIComponent(`${mirrorNameOf(id)}:latest`)}?noprune=1`).catch(() => undefined);
			await onGiven(id);
		}
	};

	return {
		async synchronise({isBefore = false} = {}) {
			const held = heldIn(await within(client.json('GET', '/images/json'), listLimitMs, () => new HolmError('unavailable', 'the builder does not list its images', {remedy: 'holm builder logs may say why'})));
			const before = known ?? held;
			const own = await images.list({all: true});
			const ownIds = new Set(own.map(({id}) => id));
			const fresh = [...held.tags].filter(([tag, id]) => before.tags.get(tag) !== id);
			// The engine may have lost an image, to which a build gives a new name.
			const results = new Set([...[...held.ids].filter(id => !before.ids.has(id)), ...fresh.map(([, id]) => id)]);
			const taken = await takeAll([...results].filter(id => !ownIds.has(id)), isBefore);
			for (const [tag, id] of fresh.filter(([, id]) => ownIds.has(id) || taken.includes(id))) {
				await images.tag(id, tag);
				onTag(id, familiarName(tag));
			}

			const all = await images.list({all: true});
			const names = new Map(all.flatMap(({id, tags}) => tags.map(tag => [tag, id] as const)));
			const stale = [...held.tags].filter(([tag, id]) => names.get(tag) !== id).map(([tag]) => tag);
			for (const tag of stale) {
				await client.json('DELETE', `/images/${encodeURIComponent(familiarName(tag))}?noprune=1`).catch(() => undefined);
			}

			if (isBefore) {
				// A build with the same result makes it anew, and so it comes to the engine again.
				const kept = new Set(all.map(({id}) => id));
				for (const id of held.ids) {
					if (!kept.has(id)) {
						await client.json('DELETE', `/images/${id}?force=1&noprune=1`).catch(() => undefined);
					}
				}

				for (const [id, given] of imagesToGive(all)) {
					const missing = given.filter(name => held.tags.get(name) !== id);
					if (missing.length > 0) {
						await give(id, missing);
					}
				}
			}

			known = stale.length > 0 || isBefore ? heldIn(await client.json('GET', '/images/json')) : held;
		},
		async clear() {
			for (const id of known?.ids ?? []) {
				await client.json('DELETE', `/images/${id}?force=1`).catch(() => undefined);
			}

			known = heldIn(await client.json('GET', '/images/json', {limitMs: listLimitMs}));
		},
		forget() {
			known = undefined;
		},
	};
};
