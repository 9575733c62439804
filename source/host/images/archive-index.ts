import {Buffer} from 'node:buffer';
import type {Readable} from 'node:stream';
import {extract} from 'tar-stream';
import {HolmError, messageOf} from '../../engine/errors.js';
import {parseReference} from '../../rules/images/reference.js';
import {blobOf} from './archive-platforms.js';

/** The parsed index files of an archive, by file name. */
export type Indexes = ReadonlyMap<string, unknown>;

export type LoadStep = {
	/** `selector` picks the image within the archive, in buildah's syntax. */
	readonly source: {readonly transport: 'docker-archive' | 'oci-archive'; readonly selector: string};
	readonly tags: readonly string[];
	/** The entry of the archive that describes the image: its configuration, its manifest, or the index of its manifests. */
	readonly description?: string;
};

const maximumIndex = 16 * 1024 * 1024;
const indexNames: ReadonlySet<string> = new Set(['manifest.json', 'index.json']);

/** Reads files of an archive, its index files unless others are named. Throws `invalid` if it is not a tar, or one of them is not JSON. */
export const readIndexes = async (tar: Readable, names: ReadonlySet<string> = indexNames): Promise<Indexes> => {
	const indexes = new Map<string, unknown>();
	const entries = extract();
	tar.on('error', error => {
		entries.destroy(error);
	});
	tar.pipe(entries);
	try {
		for await (const entry of entries) {
			const name = entry.header.name.replace(/^\.\//v, '');
			if (!names.has(name)) {
				entry.resume();
				continue;
			}

			if ((entry.header.size ?? 0) > maximumIndex) {
				throw new Error(`${name} is too large`);
			}

			const chunks: Uint8Array[] = [];
			for await (const chunk of entry) {
				chunks.push(chunk as Uint8Array);
			}

			indexes.set(name, JSON.parse(Buffer.concat(chunks).toString()));
		}
	} catch (error) {
		throw new HolmError('invalid', `This is not an archive of images: ${messageOf(error)}`, {remedy: 'holm save and docker save make them', cause: error});
	} finally {
		tar.destroy();
	}

	return indexes;
};

const refName = 'org.opencontainers.image.ref.name';
const isReference = (text: unknown): text is string => {
	try {
		return typeof text === 'string' && parseReference(text).digest === undefined;
	} catch {
		return false;
	}
};

const listOf = (value: unknown): ReadonlyArray<Record<string, unknown>> =>
	Array.isArray(value) ? value.filter((item): item is Record<string, unknown> => typeof item === 'object' && item !== null) : [];

/** The images to load from an archive, with their tags. Throws `invalid` if there are none. */
export const planLoad = (indexes: Indexes): readonly LoadStep[] => {
	const images = listOf(indexes.get('manifest.json'));
	if (images.length > 0) {
		return images.map(({RepoTags: tags, Config: configuration}, position) => ({
			source: {transport: 'docker-archive', selector: `:@${position}`},
			tags: Array.isArray(tags) ? tags.filter(tag => isReference(tag)) : [],
			...typeof configuration === 'string' && {description: configuration},
		}));
	}

	const manifests = listOf((indexes.get('index.json') as {manifests?: unknown} | undefined)?.manifests);
	if (manifests.length === 0) {
		throw new HolmError('invalid', 'This archive has no images: neither manifest.json nor index.json names one', {remedy: 'holm save and docker save make them'});
	}

	return manifests.map(manifest => {
		const {annotations} = manifest;
		const name = (annotations as Record<string, unknown> | undefined)?.[refName];
		const selector = typeof name === 'string' && /^[\w\-.\/:@]+$/v.test(name) ? `:${name}` : '';
		return {
			source: {transport: 'oci-archive', selector: manifests.length > 1 ? selector : ''},
			tags: [name].filter(tag => isReference(tag)),
			description: blobOf(manifest),
		};
	});
};
