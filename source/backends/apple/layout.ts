import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {createReadStream, createWriteStream} from 'node:fs';
import {readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import type {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {HolmError, messageOf} from '../../engine/errors.js';
import {tarEntries} from '../../archive/tar-entries.js';
import {listOf, membersOf, textOf, textsOf, type Members} from './decode/lenient.js';
import {packFile, type PackedFile} from './pack-file.js';
import {readTree, type Tree} from './tree.js';
import type {Spool} from './spool.js';

/*
Archives of images as the OCI image layout has them: `index.json`, which names manifests, and blobs by their digests.
*/

export type Descriptor = {readonly mediaType: string; readonly digest: string; readonly size: number};

/** An image of an archive that was unpacked. */
export type LayoutImage = {
	readonly config: Members;
	/** The file that it was read from. */
	readonly configFile?: string;
	readonly layers: readonly Descriptor[];
	/** The names that the archive gives it. */
	readonly names: readonly string[];
	readonly fileOf: (digest: string) => string;
};

const digestPattern = /^sha256:(?<digits>[\da-f]{64})$/v;

const complaint = 'This is not an archive of images';

const refuse = (reason: string): never => {
	throw new HolmError('invalid', `${complaint}: ${reason}`, {remedy: 'holm save and docker save make them'});
};

/** Unpacks the files of an archive that may be read: by their base names, or by the whole name with underscores. */
export const unpackLayout = async (tar: Readable, spool: Spool): Promise<ReadonlyMap<string, string>> => {
	const files = new Map<string, string>();
	try {
		for await (const entry of tarEntries(tar)) {
			const name = entry.header.name.replace(/^(?:\.\/)+/v, '');
			if (entry.header.type === 'file') {
				const file = spool.path(`layout-${files.size}`);
				await pipeline(entry, createWriteStream(file));
				files.set(name, file);
			} else if (entry.header.type === 'symlink' || entry.header.type === 'link') {
				const target = entry.header.type === 'link' ? entry.header.linkname ?? '' : path.posix.join(
					path.posix.dirname(name),
					entry.header.linkname ?? '',
				);
				const file = files.get(target);
				if (file !== undefined) {
					files.set(name, file);
				}
			}
		}
	} catch (error) {
		throw error instanceof HolmError ? error : refuse(messageOf(error));
	}

	return files;
};

const largestDocument = 16 * 1024 ** 2;

const readJson = async (file: string | undefined, name: string): Promise<Members> => {
	if (file === undefined) {
		return refuse(`it has no ${name}`);
	}

	if ((await stat(file)).size > largestDocument) {
		return refuse(`${name} is too large`);
	}

	try {
		const value = JSON.parse(await readFile(file, 'utf8')) as unknown;
		return Array.isArray(value) ? {list: value} : membersOf(value);
	} catch {
		return refuse(`${name} is not JSON`);
	}
};

const nameAnnotations = ['io.containerd.image.name', 'com.apple.containerization.image.name', 'org.opencontainers.image.ref.name'] as const;

/** The images of a layout for a processor, each once. */
export const readLayout = async (files: ReadonlyMap<string, string>, architecture: string): Promise<readonly LayoutImage[]> => {
	const fileOf = (digest: string): string => {
		const digits = digestPattern.exec(digest)?.groups?.digits ?? refuse('a digest is none');
		return files.get(`blobs/sha256/${digits}`) ?? refuse(`it has no blob ${digest}`);
	};

	const images: LayoutImage[] = [];
	const visit = async (descriptors: readonly Members[], names: readonly string[]): Promise<void> => {
		const real = descriptors.filter(({platform}) => textOf(membersOf(platform).architecture) !== 'unknown');
		const fitting = real.filter(({platform}) => membersOf(platform).architecture === architecture);
		for (const {digest, annotations} of fitting.length > 0 && names.length > 0 ? fitting.slice(0, 1) : real) {
			const own = nameAnnotations.map(key => textOf(membersOf(annotations)[key])).find(Boolean);
			const document = await readJson(files.get(`blobs/sha256/${textOf(digest).replace('sha256:', '')}`), `blob ${textOf(digest)}`);
			const given = own === undefined ? names : [own];
			if (document.manifests === undefined) {
				const configFile = fileOf(textOf(membersOf(document.config).digest));
				images.push({
					config: await readJson(configFile, 'its configuration'),
					configFile,
					layers: listOf(document.layers).map(layer => ({
						mediaType: textOf(layer.mediaType),
						digest: textOf(layer.digest),
						size: Number(layer.size) || 0,
					})),
					names: given,
					fileOf,
				});
			} else {
				await visit(listOf(document.manifests), given);
			}
		}
	};

	const {manifests} = await readJson(files.get('index.json'), 'index.json');
	await visit(listOf(manifests), []);
	return images;
};

/** All files of an image. */
export const treeOf = async ({layers, fileOf}: LayoutImage): Promise<Tree> => {
	let tree: Tree = new Map();
	for (const {digest} of layers) {
		tree = await readTree(createReadStream(fileOf(digest)), {below: tree, isLayer: true});
	}

	return tree;
};

/** A blob to write: its content is in memory or in a file. */
export type Blob = Descriptor & {readonly content: Uint8Array | {readonly file: string}};

export const jsonBlob = (mediaType: string, value: unknown): Blob => {
	const content = Buffer.from(JSON.stringify(value));
	return {mediaType, digest: `sha256:${createHash('sha256').update(content).digest('hex')}`, size: content.length, content};
};

/** A layer that is in a file, uncompressed. */
export const layerBlob = async (file: string): Promise<Blob> => {
	const hash = createHash('sha256');
	for await (const chunk of createReadStream(file)) {
		hash.update(chunk as Uint8Array);
	}

	return {
		mediaType: 'application/vnd.oci.image.layer.v1.tar',
		digest: `sha256:${hash.digest('hex')}`,
		size: (await stat(file)).size,
		content: {file},
	};
};

const writeBlob = async ({add}: PackedFile, {digest, size, content}: Blob): Promise<void> => {
	const name = `blobs/sha256/${digest.replace('sha256:', '')}`;
	await ('file' in content ? add({name, size, mode: 0o444}, createReadStream(content.file)) : add({name, mode: 0o444}, content));
};

export type NewImage = {
	/** A configuration as the OCI image specification has it. */
	readonly config: Members;
	readonly layers: readonly Blob[];
	/** In full. */
	readonly name: string;
};

/** Writes an archive with one image to a file. */
export const writeLayout = async ({config, layers, name}: NewImage, file: string): Promise<void> => {
	const configBlob = jsonBlob('application/vnd.oci.image.config.v1+json', config);
	const descriptorOf = ({mediaType, digest, size}: Blob): Descriptor => ({mediaType, digest, size});
	const manifest = jsonBlob('application/vnd.oci.image.manifest.v1+json', {
		schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', config: descriptorOf(configBlob), layers: layers.map(layer => descriptorOf(layer)),
	});
	const platform = {os: textOf(config.os), architecture: textOf(config.architecture)};
	const index = jsonBlob('application/vnd.oci.image.index.v1+json', {
		schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [{...descriptorOf(manifest), platform}],
	});
	const root = {schemaVersion: 2, manifests: [{
		...descriptorOf(index), annotations: {'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name},
	}]};
	const archive = packFile(file);
	await archive.add({name: 'oci-layout', mode: 0o444}, '{"imageLayoutVersion":"1.0.0"}');
	const seen = new Set<string>();
	for (const blob of [configBlob, manifest, index, ...layers]) {
		if (!seen.has(blob.digest)) {
			seen.add(blob.digest);
			await writeBlob(archive, blob);
		}
	}

	await archive.add({name: 'index.json', mode: 0o444}, JSON.stringify(root));
	await archive.finish();
};

/** The layers of an image as blobs of a new one. */
export const layersOf = ({layers, fileOf}: LayoutImage): readonly Blob[] => layers.map(layer => ({
	...layer,
	content: {file: fileOf(layer.digest)},
}));

/** The digests of the uncompressed layers. */
export const diffIdsOf = ({config}: Pick<LayoutImage, 'config'>): readonly string[] => textsOf(membersOf(config.rootfs).diff_ids);
