import {HolmError} from '../../engine/errors.js';
import {familiarName, parseReference, tagName} from '../../rules/images/reference.js';
import {within} from '../machines/patience.js';
import type {ImageStore} from '../images/storage.js';
import type {DockerClient} from './docker-client.js';

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

/** A builder that works answers at once, also when it is busy. */
const listLimitMs = 10_000;

export type BuiltImages = {
	/** Takes new images of the builder into the engine, and makes the names of both agree. With `isBefore`, before a build, the builder also gets images that it could not find by itself. */
	readonly synchronise: (options?: {readonly isBefore?: boolean}) => Promise<void>;
	/** Removes all images of the builder, whose layers are part of its cache; the engine has them. */
	readonly clear: () => Promise<void>;
	/** What the builder holds now is old. */
	readonly forget: () => void;
};

/**
Keeps the images of the engine and of the builder in agreement.

What appears in the builder is a result and comes to the engine. A name that means another image in the engine, or none, is removed from the builder, which would otherwise build on an old image. So is an image that the engine does not have, before a build. Images with names of other registries than docker.io are given to the builder before a build, because it asks the engine's mirror only for that one.
*/
export const createBuiltImages = (
	client: DockerClient,
	images: ImageStore,
	onTag: (id: string, name: string) => void,
): BuiltImages => {
	let known: Held | undefined;

	const load = async (id: string): Promise<void> => {
		const archive = await client.request('GET', `/images/${id}/get`);
		for await (const _step of images.load(archive)) {
			// The steps name what the archive has; its names come below.
		}
	};

	const give = async (tags: readonly string[]): Promise<void> => {
		for (const tag of tags) {
			await client.json('POST', '/images/load?quiet=1', {body: await images.save([tag]), limitMs: 600_000});
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
			for (const id of results) {
				if (!ownIds.has(id)) {
					await load(id);
				}
			}

			for (const [tag, id] of fresh) {
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

				await give([...names].filter(([tag, id]) => parseReference(tag).registry !== 'docker.io' && held.tags.get(tag) !== id).map(([tag]) => tag));
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
