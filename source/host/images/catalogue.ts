import {Buffer} from 'node:buffer';
import {readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import type {Image} from '../../engine/resources.js';
import {orMissing, throwUnreadable} from '../store/missing.js';
import {historyKeys, withParents} from '../../rules/images/parents.js';
import {parseImage, type ImageRecord} from '../../rules/images/image.js';
import {formatReference, parseReference, repositoryName} from '../../rules/images/reference.js';
import type {Buildah} from './buildah.js';

type LayerRecord = {readonly id: string; readonly parent?: string; readonly 'diff-size'?: number};

/** A snapshot of the storage. */
export type Catalogue = {
	/** Newest first. */
	readonly images: readonly Image[];
	/** Ids of unnamed images that other images were built on: the build cache. */
	readonly intermediate: ReadonlySet<string>;
	/** Every name in storage by image id, including names with a digest. Images without a name are missing. */
	readonly names: ReadonlyMap<string, readonly string[]>;
	/** Total bytes of all layers, each counted once. */
	readonly layerBytes: number;
};

const isReference = (name: string): boolean => {
	try {
		parseReference(name);
		return true;
	} catch {
		return false;
	}
};

/** The names of a record, split into tags and digests, the last pulled or made manifest first. Names that are no references, as other tools may write them, are skipped. */
export const tagsAndDigestsOf = ({
	names, 'big-data-names': keys, 'big-data-digests': written, digest: main,
}: ImageRecord): Pick<Image, 'tags' | 'digests'> => {
	const references = (names ?? []).filter(name => isReference(name)).map(name => parseReference(name));
	const manifests = new Set(keys?.filter(key => key.startsWith('manifest-')).map(key => key.slice('manifest-'.length)));
	const last = written?.manifest;
	const lastFirst = [...manifests].toSorted((one, other) => Number(other === last) - Number(one === last));
	const known = manifests.size > 0 ? lastFirst : [main].filter(item => item !== undefined);
	const repositories = new Set(references.map(reference => repositoryName(reference)));
	return {
		tags: references.filter(({digest}) => digest === undefined).map(reference => formatReference(reference)),
		digests: [...repositories].flatMap(name => known.map(digest => `${name}@${digest}`)),
	};
};

export const intermediateIds = (images: readonly Image[]): ReadonlySet<string> => {
	const beginnings = new Set(images.flatMap(image => historyKeys(image).slice(0, -1)));
	return new Set(images
		.filter(image => image.tags.length === 0 && image.digests.length === 0 && beginnings.has(historyKeys(image).at(-1) ?? ''))
		.map(({id}) => id));
};

const sumOf = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0);

/** Bytes of an image's layers, oldest first, following each layer's parent. */
const sizesFrom = (layers: ReadonlyMap<string, LayerRecord>, top: string | undefined): readonly number[] => {
	const sizes: number[] = [];
	for (let layer = layers.get(top ?? ''); layer; layer = layers.get(layer.parent ?? '')) {
		sizes.unshift(layer['diff-size'] ?? 0);
	}

	return sizes;
};

/** File name of a big-data item. Containers/storage escapes keys with anything but dots, digits and lower case. */
const pieceFile = (key: string): string =>
	/^[\d.a-z]*$/v.test(key) ? key : `=${Buffer.from(key).toString('base64')}`;

const readStorageFile = async <Item>(file: string): Promise<readonly Item[]> => {
	try {
		return JSON.parse(await readFile(file, 'utf8')) as readonly Item[];
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
			return [];
		}

		throw error;
	}
};

const versionOf = async (file: string): Promise<string> => {
	const status = await orMissing(stat(file, {bigint: true}));
	return status ? `${status.ino} ${status.mtimeNs} ${status.size}` : '';
};

/**
Reads the files of containers/storage directly; it replaces them by renaming. Running a program takes 13 ms for each query, this takes none while nothing has changed.
*/
export const openCatalogue = ({storage, driver}: Buildah): () => Promise<Catalogue> => {
	const directory = path.join(storage, `${driver}-images`);
	const imagesFile = path.join(directory, 'images.json');
	const layersFile = path.join(storage, `${driver}-layers`, 'layers.json');
	// The content of an image id never changes; only its names do.
	const parsed = new Map<string, Image>();
	let last: {readonly version: string; readonly catalogue: Catalogue} | undefined;

	const readImage = async (record: ImageRecord, layers: ReadonlyMap<string, LayerRecord>): Promise<Image> => {
		const known = parsed.get(record.id);
		if (known) {
			return {...known, ...tagsAndDigestsOf(record)};
		}

		const configuration = await readFile(path.join(directory, record.id, pieceFile(`sha256:${record.id}`)), 'utf8');
		const layerBytes = sizesFrom(layers, record.layer);
		const image = {...parseImage(record, JSON.parse(configuration), sumOf(layerBytes)), layerBytes};
		parsed.set(record.id, image);
		return {...image, ...tagsAndDigestsOf(record)};
	};

	return async () => {
		const version = `${await versionOf(imagesFile)} ${await versionOf(layersFile)}`;
		if (last?.version === version) {
			return last.catalogue;
		}

		const [records, layerRecords] = await Promise.all([readStorageFile<ImageRecord>(imagesFile), readStorageFile<LayerRecord>(layersFile)]);
		const layers = new Map(layerRecords.map(layer => [layer.id, layer]));
		// An image that is being written or removed has a record without a configuration. It does not exist yet, or no longer.
		const read = await Promise.all(records.map(async record => readImage(record, layers).catch(throwUnreadable)));
		const images = read
			.filter(image => image !== undefined)
			.toSorted((a, b) => b.createdAt - a.createdAt);
		const ids = new Set(images.map(({id}) => id.slice('sha256:'.length)));
		for (const id of parsed.keys()) {
			if (!ids.has(id)) {
				parsed.delete(id);
			}
		}

		const catalogue = {
			images: withParents(images),
			intermediate: intermediateIds(images),
			names: new Map(records.flatMap(({id, names}) => names && names.length > 0 ? [[`sha256:${id}`, names]] : [])),
			layerBytes: sumOf(layerRecords.map(layer => layer['diff-size'] ?? 0)),
		};
		last = {version, catalogue};
		return catalogue;
	};
};

/** The manifests with which an image came from registries, as far as the storage has them: those of the image, and the lists of platforms that name it. */
export const readManifests = async ({storage, driver}: Buildah, {id, digests}: Pick<Image, 'id' | 'digests'>): Promise<readonly Uint8Array[]> => {
	const directory = path.join(storage, `${driver}-images`, id.slice('sha256:'.length));
	const known = new Set(digests.map(digest => digest.slice(digest.indexOf('@') + 1)));
	const read = await Promise.all([...known].map(async digest => orMissing(readFile(path.join(directory, pieceFile(`manifest-${digest}`))))));
	return read.filter(manifest => manifest !== undefined);
};
