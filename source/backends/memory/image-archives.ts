import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {Readable} from 'node:stream';
import {buffer} from 'node:stream/consumers';
import {pack, type Pack} from 'tar-stream';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {Image} from '../../engine/resources.js';
import {parseImage} from '../../rules/images/image.js';
import {familiarName, tagName} from '../../rules/images/reference.js';
import {encodeImage} from '../../wire/encode/image.js';
import {createFileTree, nodesBelow} from './file-tree.js';
import type {ImageRecord} from './state.js';
import {
	packNodes,
	readTar,
	unpack,
} from './tar-tree.js';

/** An image of an archive, as its index `manifest.json` has it. */
type ManifestItem = {readonly Config: string; readonly RepoTags: readonly string[]; readonly Layers: readonly string[]};

/** The configuration of an image by Docker's image specification, with all its content as one layer: layers are not kept apart here. */
const encodeConfiguration = (image: Image, layer: Buffer) => ({
	architecture: image.architecture,
	os: image.os,
	created: new Date(image.createdAt).toISOString(),
	config: encodeImage(image).Config,
	rootfs: {type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(layer).digest('hex')}`]},
	history: image.history.map(({createdAt, createdBy, comment}, index) => ({
		created: new Date(createdAt).toISOString(), created_by: createdBy, comment, empty_layer: index > 0,
	})),
});

const writeImages = async (images: ReadonlyMap<ImageRecord, readonly string[]>, archive: Pack): Promise<void> => {
	const manifest: ManifestItem[] = [];
	for (const [{image, files}, tags] of images) {
		const hex = image.id.replace('sha256:', '');
		const layer = await buffer(packNodes(nodesBelow(files.nodes(), '')));
		archive.entry({name: `${hex}.json`, mode: 0o444}, JSON.stringify(encodeConfiguration(image, layer)));
		archive.entry({name: `${hex}/layer.tar`, mode: 0o444}, layer);
		manifest.push({Config: `${hex}.json`, RepoTags: tags.map(tag => familiarName(tag)), Layers: [`${hex}/layer.tar`]});
	}

	archive.entry({name: 'manifest.json', mode: 0o444}, JSON.stringify(manifest));
	archive.finalize();
};

/** A docker-archive of images and the tags of each. */
export const saveImages = (images: ReadonlyMap<ImageRecord, readonly string[]>): Readable => {
	const archive = pack();
	writeImages(images, archive).catch((error: unknown) => {
		archive.destroy(error instanceof Error ? error : new Error(messageOf(error)));
	});
	return Readable.from(archive, {objectMode: false});
};

const complaint = 'This is not an archive of images';

const refuse = (reason: string): never => {
	throw new HolmError('invalid', `${complaint}: ${reason}`, {remedy: 'holm save and docker save make them'});
};

const parseJson = (content: Uint8Array | undefined, name: string): unknown => {
	try {
		return JSON.parse(Buffer.from(content ?? refuse(`it has no ${name}`)).toString());
	} catch (error) {
		throw error instanceof HolmError ? error : refuse(`${name} is not JSON: ${messageOf(error)}`);
	}
};

/** The strings of a list; none for any other value. */
const textsOf = (value: unknown): readonly string[] => Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];

type LoadedImage = {readonly record: ImageRecord; readonly tags: readonly string[]};

/** Reads every image of a docker-archive. Throws `invalid` for what is not one. */
export const readImages = async (tar: Readable, now: () => number): Promise<readonly LoadedImage[]> => {
	const entries = await readTar(tar, complaint);
	const files = new Map(entries.map(({parts, node}) => [parts.join('/'), node]));
	const contentOf = (name: string): Uint8Array | undefined => {
		const node = files.get(name);
		return node?.type === 'file' ? node.content : undefined;
	};

	const manifest = parseJson(contentOf('manifest.json'), 'manifest.json');
	const items: ReadonlyArray<Partial<ManifestItem> | null> = Array.isArray(manifest) && manifest.length > 0 ? manifest : refuse('manifest.json names no image');
	const read: LoadedImage[] = [];
	for (const item of items) {
		const name = typeof item?.Config === 'string' ? item.Config : refuse('an image has no configuration');
		const configuration = parseJson(contentOf(name), name);
		const id = /(?<hex>[\da-f]{64})(?:\.json)?$/v.exec(name)?.groups?.hex ?? createHash('sha256').update(contentOf(name)!).digest('hex');
		const [layer = '', ...others] = textsOf(item?.Layers);
		if (others.length > 0) {
			throw new HolmError('unsupported', 'an archive with an image of several layers is not in the demo', {remedy: 'load it into a real engine: holm system start'});
		}

		const content = contentOf(layer) ?? refuse(`it has no layer ${JSON.stringify(layer.slice(0, 100))}`);
		const tree = createFileTree(now);
		unpack(tree, '', await readTar(Readable.from([content], {objectMode: false})), complaint);
		const image = parseImage({id}, configuration, content.length);
		read.push({record: {image, files: tree}, tags: textsOf(item?.RepoTags).map(text => tagName(text))});
	}

	return read;
};
