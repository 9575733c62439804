import type {Readable} from 'node:stream';
import {HolmError} from '../../engine/errors.js';
import type {Pruned, Image, Progress} from '../../engine/resources.js';
import type {
	ArchiveOptions,
	ImportOptions,
	RegistryCredentials,
	RegistryImage,
} from '../../engine/transfer.js';
import type {Paths} from '../store/paths.js';
import {find} from '../../rules/images/find.js';
import {assertProvides} from '../../rules/images/platform.js';
import {
	familiarName,
	parseReference,
	repositoryName,
	tagName,
} from '../../rules/images/reference.js';
import {historyKeys} from '../../rules/images/parents.js';
import {loadArchive, saveArchive} from './archive.js';
import {assembleImage, type ImageSource} from './assemble.js';
import {openBuildah, type Buildah} from './buildah.js';
import {openCatalogue, readManifests} from './catalogue.js';
import {importImage} from './import.js';
import {registryImage} from './registry-image.js';
import {
	login,
	pull,
	push,
	type PullOptions,
	type TransferOptions,
} from './transfer.js';

export type Removed = {readonly untagged: readonly string[]; readonly deleted: readonly string[]};

/** The images of one engine. A `reference` is a name, an id, or the beginning of an id. */
export type ImageStore = {
	readonly buildah: Buildah;
	/** Newest first. `all` includes unnamed images that others were built on. */
	readonly list: (options?: {readonly all?: boolean}) => Promise<readonly Image[]>;
	/** Throws `not-found`, and `invalid` for an invalid or ambiguous reference. */
	readonly get: (reference: string) => Promise<Image>;
	/** The manifests with which an image came from registries: its own, and the lists of platforms that name it. */
	readonly manifests: (image: Pick<Image, 'id' | 'digests'>) => Promise<readonly Uint8Array[]>;
	/** Throws `not-found` if the registry does not have the image, `forbidden` if it denies access, `unavailable` if it does not answer. */
	readonly pull: (reference: string, options?: PullOptions) => AsyncIterable<Progress>;
	/** What the registry has; throws as `pull` does. */
	readonly inRegistry: (reference: string, options?: TransferOptions) => Promise<RegistryImage>;
	readonly push: (reference: string, options?: TransferOptions) => AsyncIterable<Progress>;
	/** Takes the name from another image that has it. */
	readonly tag: (reference: string, tag: string) => Promise<void>;
	/** Removing one of several names only untags. Throws `conflict` for an id with several names, unless `force` is set. */
	readonly remove: (reference: string, options?: {readonly force?: boolean}) => Promise<Removed>;
	/** A tar in docker-archive format. Throws `not-found` if an image is not of the platform. */
	readonly save: (references: readonly string[], options?: ArchiveOptions) => Promise<Readable>;
	/** Resolves with the id of the new image. */
	readonly import: (tar: Readable, options: ImportOptions) => Promise<string>;
	readonly load: (tar: Readable, options?: ArchiveOptions) => AsyncIterable<Progress>;
	/** Makes the image `id`, without a name, from parts of which only those are read that are not there. Throws `invalid` if they are not what their digests say, `unavailable` if the disk is full. */
	readonly assemble: (id: string, source: ImageSource) => Promise<void>;
	/** Throws `forbidden` if the registry rejects the credentials. */
	readonly checkCredentials: (credentials: RegistryCredentials) => Promise<void>;
	/** Removes unnamed images, or with `all` every image, except those `inUse` (ids) and the images they were built on. */
	readonly prune: (options: {readonly all?: boolean; readonly inUse: readonly string[]}) => Promise<Pruned>;
};

/** Buildah only gets ids and full names, so it never looks a name up or guesses. */
const bareId = ({id}: Image): string => id.slice('sha256:'.length);

/** Opens the images of the engine at `paths`. Throws `unavailable` when buildah is not installed. */
export const openImageStore = async (paths: Paths): Promise<ImageStore> => {
	const buildah = await openBuildah(paths);
	const catalogue = openCatalogue(buildah);
	const get = async (reference: string) => {
		const {image} = find((await catalogue()).images, reference);
		return image;
	};

	// Without buildah's `--force`, which also removes working containers.
	const removeNames = async (names: readonly string[]): Promise<Removed> => {
		const before = await catalogue();
		await buildah.run(['rmi', ...names]);
		const after = await catalogue();
		const left = new Map(after.images.map(image => [image.id, image]));
		return {
			untagged: before.images.flatMap(({id, tags}) => tags.filter(tag => !left.get(id)?.tags.includes(tag))).map(tag => familiarName(tag)),
			deleted: before.images.filter(({id}) => !left.has(id)).map(({id}) => id),
		};
	};

	/** All names, so that removing the last one removes the image. */
	const everyNameOf = async (image: Image): Promise<readonly string[]> => {
		const {names} = await catalogue();
		return names.get(image.id) ?? [bareId(image)];
	};

	return {
		buildah,
		async list({all = false} = {}) {
			const {images, intermediate} = await catalogue();
			return all ? images : images.filter(({id}) => !intermediate.has(id));
		},
		get,
		manifests: async image => readManifests(buildah, image),
		pull: (reference, options) => pull({buildah, catalogue}, reference, options),
		push: (reference, options) => push({buildah, catalogue}, reference, options),
		inRegistry: registryImage,
		async tag(reference, tag) {
			const name = tagName(tag);
			await buildah.run(['tag', bareId(await get(reference)), name]);
		},
		async remove(reference, {force = false} = {}) {
			const {image, name} = find((await catalogue()).images, reference);
			if (name !== undefined) {
				// Without a tag, a digest alone does not keep the image.
				return removeNames(image.tags.length > 1 ? [name] : await everyNameOf(image));
			}

			const repositories = new Set(image.tags.map(tag => repositoryName(parseReference(tag))));
			if (!force && image.tags.length > 1) {
				const where = repositories.size > 1 ? 'several repositories have it' : 'it has several tags';
				throw new HolmError('conflict', `Cannot remove image ${bareId(image).slice(0, 12)}: ${where}: ${image.tags.map(tag => familiarName(tag)).join(', ')}`, {remedy: 'remove the tags one by one, or force it'});
			}

			return removeNames(await everyNameOf(image));
		},
		async save(references, {platform} = {}) {
			const snapshot = await catalogue();
			const found = references.map(reference => find(snapshot.images, reference));
			for (const [position, {image}] of found.entries()) {
				assertProvides(image, references[position]!, platform === undefined ? [] : [platform], 'no suitable export target found');
			}

			return saveArchive(buildah, found);
		},
		import: async (tar, options) => importImage(buildah, tar, options),
		load: (tar, options) => loadArchive(buildah, tar, options),
		async assemble(id, source) {
			const {images} = await catalogue();
			const whole = images.filter(({layers, layerBytes}) => layers.length === layerBytes?.length);
			const known = new Map(whole.flatMap(({layers, layerBytes}) => layers.map((layer, index) => [layer, layerBytes![index]!] as const)));
			await assembleImage(buildah, known, id, source);
		},
		checkCredentials: async credentials => login(buildah, credentials),
		async prune({all = false, inUse}) {
			const {images, layerBytes} = await catalogue();
			const used = new Set(inUse);
			const isStaying = (image: Image) => used.has(image.id) || (!all && image.tags.length > 0);
			const beneath = new Set(images.filter(image => isStaying(image)).flatMap(image => historyKeys(image)));
			const going = images.filter(image => !isStaying(image) && !(image.tags.length === 0 && beneath.has(historyKeys(image).at(-1) ?? '')));
			if (going.length === 0) {
				return {removed: [], freedBytes: 0};
			}

			const names = await Promise.all(going.map(async image => everyNameOf(image)));
			const {untagged, deleted} = await removeNames(names.flat());
			const after = await catalogue();
			return {removed: [...untagged.map(name => `untagged: ${name}`), ...deleted], freedBytes: Math.max(0, layerBytes - after.layerBytes)};
		},
	};
};
