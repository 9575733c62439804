import {printable} from './printable.js';

type Fields = Readonly<Record<string, unknown>>;

/** Reads entries of the archive that are JSON. */
type ReadEntries = (names: ReadonlySet<string>) => Promise<ReadonlyMap<string, unknown>>;

/** An image has an index, a manifest and a configuration below one another; an index may have a further one. */
const maximumDepth = 4;
const maximumManifests = 64;

const fieldsOf = (value: unknown): Fields => typeof value === 'object' && value !== null ? value as Fields : {};

const listOf = (value: unknown): readonly Fields[] =>
	Array.isArray(value) ? value.slice(0, maximumManifests).map(item => fieldsOf(item)) : [];

/** The entry that a descriptor points to. */
export const blobOf = ({digest}: Fields): string | undefined => {
	const hex = typeof digest === 'string' ? /^sha256:(?<hex>[\da-f]{64})$/v.exec(digest)?.groups?.hex : undefined;
	return hex && `blobs/sha256/${hex}`;
};

const nameOf = ({os, architecture, variant}: Fields): string | undefined => typeof os === 'string' && typeof architecture === 'string'
	? printable([os, architecture, ...typeof variant === 'string' && variant !== '' ? [variant] : []].join('/').slice(0, 60))
	: undefined;

/** The platforms of an image in an archive, from its index, its manifest or its configuration, whichever the entry is. */
export const platformsIn = async (entry: string | undefined, read: ReadEntries, depth = maximumDepth): Promise<readonly string[]> => {
	if (entry === undefined || depth === 0) {
		return [];
	}

	const content = fieldsOf((await read(new Set([entry]))).get(entry));
	const manifests = listOf(content.manifests);
	if (manifests.length > 0) {
		const each = await Promise.all(manifests.map(async manifest => {
			const platform = nameOf(fieldsOf(manifest.platform));
			return platform === undefined ? platformsIn(blobOf(manifest), read, depth - 1) : [platform];
		}));
		return each.flat();
	}

	const platform = nameOf(content);
	return platform === undefined ? platformsIn(blobOf(fieldsOf(content.config)), read, depth - 1) : [platform];
};
