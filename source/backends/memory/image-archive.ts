import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {Readable} from 'node:stream';
import {buffer} from 'node:stream/consumers';
import {pack, type Pack} from 'tar-stream';
import type {Engine} from '../../engine.js';
import {HolmError, messageOf} from '../../errors.js';
import {parseImage} from '../../host/images/image.js';
import {familiarName, parseReference} from '../../host/images/reference.js';
import type {Image, Progress} from '../../resources.js';
import type {TreeNode} from './file-node.js';
import {createFileTree, partsOf, type FileTree} from './file-tree.js';
import {findImage, releaseTag} from './image-store.js';
import {publish, type ImageRecord, type State} from './state.js';
import {
	packNode,
	readTar,
	unpackInto,
	type TarEntry,
} from './tar-tree.js';

type Verbs = Pick<Engine, 'saveImages' | 'loadImages'>;

type ManifestItem = {readonly Config: string; readonly RepoTags: readonly string[]; readonly Layers: readonly string[]};

const hexOf = (id: string) => id.replace('sha256:', '');

const layerOf = async ({files}: ImageRecord): Promise<Buffer> => {
	const childrenOf = (parts: readonly string[]): ReadonlyArray<readonly [string, TreeNode]> => {
		let node: TreeNode | undefined = files.root();
		for (const part of parts) {
			node = node?.type === 'directory' ? node.children.get(part) : undefined;
		}

		return node?.type === 'directory' ? [...node.children] : [];
	};

	return buffer(packNode('.', files.root(), childrenOf));
};

/**
The configuration of an image as others read it, with all its content as one layer: an engine in memory keeps no layers apart. What it says of itself beyond that is under `holm`, so that loading it here gives the same image again.
*/
const encodeConfiguration = (image: Image, layer: Buffer) => {
	const {configuration: {user, environment, entrypoint, command, workingDirectory, exposedPorts, volumes, labels, stopSignal}} = image;
	return {
		architecture: image.architecture,
		os: image.os,
		created: new Date(image.createdAt).toISOString(),
		config: {
			User: user,
			Env: environment,
			Entrypoint: entrypoint.length > 0 ? entrypoint : null,
			Cmd: command.length > 0 ? command : null,
			WorkingDir: workingDirectory,
			ExposedPorts: Object.fromEntries(exposedPorts.map(port => [port, {}])),
			Volumes: Object.fromEntries(volumes.map(volume => [volume, {}])),
			Labels: labels,
			StopSignal: stopSignal,
		},
		rootfs: {type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(layer).digest('hex')}`]},
		history: image.history.map(({createdAt, createdBy, comment}, index) => ({
			created: new Date(createdAt).toISOString(), created_by: createdBy, comment, empty_layer: index > 0,
		})),
		holm: {
			layers: image.layers, sizeBytes: image.sizeBytes, empty: image.history.map(({empty}) => empty),
		},
	};
};

const writeImages = async (images: ReadonlyMap<ImageRecord, readonly string[]>, archive: Pack): Promise<void> => {
	const manifest: ManifestItem[] = [];
	for (const [record, tags] of images) {
		const hex = hexOf(record.image.id);
		const layer = await layerOf(record);
		archive.entry({name: `${hex}.json`, mode: 0o444}, JSON.stringify(encodeConfiguration(record.image, layer)));
		archive.entry({name: `${hex}/layer.tar`, mode: 0o444}, layer);
		manifest.push({Config: `${hex}.json`, RepoTags: tags.map(tag => familiarName(tag)), Layers: [`${hex}/layer.tar`]});
	}

	archive.entry({name: 'manifest.json', mode: 0o444}, JSON.stringify(manifest));
	archive.finalize();
};

const whiteout = '.wh.';
const opaque = '.wh..wh..opq';

/** Puts a layer on the ones below it, taking away what it says is gone (the image-layer part of the OCI image specification). */
const applyLayer = (tree: FileTree, entries: readonly TarEntry[]) => {
	for (const {parts} of entries) {
		const last = parts.at(-1);
		if (!last?.startsWith(whiteout)) {
			continue;
		}

		const directory = `/${parts.slice(0, -1).join('/')}`;
		const node = tree.find(directory)?.node;
		if (last === opaque && node?.type === 'directory') {
			tree.put(directory, {...node, children: new Map()});
		} else if (tree.find(`${directory}/${last.slice(whiteout.length)}`, {follow: false})) {
			tree.remove(`${directory}/${last.slice(whiteout.length)}`);
		}
	}

	unpackInto(tree, '/', entries.filter(({parts}) => !parts.at(-1)?.startsWith(whiteout)));
};

const complaint = 'This is not an archive of images';

const refuse = (reason: string): never => {
	throw new HolmError('invalid', `${complaint}: ${reason}`, {remedy: 'holm save and docker save make them'});
};

const listOf = (value: unknown): readonly string[] => Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];

const isTag = (text: string): boolean => {
	try {
		return parseReference(text).digest === undefined;
	} catch {
		return false;
	}
};

/** As storage keeps it, with its registry and `latest` where it says nothing. */
const fullTag = (text: string): string => {
	const {registry, repository, tag = 'latest'} = parseReference(text);
	return `${registry}/${repository}:${tag}`;
};

const parseJson = (content: Uint8Array | undefined, name: string): unknown => {
	try {
		return JSON.parse(Buffer.from(content ?? refuse(`it has no ${name}`)).toString());
	} catch (error) {
		return error instanceof HolmError ? refuse(`it has no ${name}`) : refuse(`${name} is not JSON: ${messageOf(error)}`);
	}
};

const digestPattern = /^sha256:[\da-f]{64}$/v;

/** An image as its configuration has it. */
const decodeImage = (id: string, configuration: unknown, sizeBytes: number): Image => {
	const image = parseImage({id: hexOf(id)}, configuration, sizeBytes);
	const own = (configuration as {holm?: {layers?: unknown; sizeBytes?: unknown; empty?: unknown}} | null)?.holm;
	const layers = listOf(own?.layers).filter(layer => digestPattern.test(layer));
	return own && layers.length > 0
		? {
			...image,
			layers,
			sizeBytes: typeof own.sizeBytes === 'number' && own.sizeBytes >= 0 ? own.sizeBytes : sizeBytes,
			history: image.history.map((entry, index) => ({...entry, empty: Array.isArray(own.empty) && own.empty[index] === true})),
		}
		: image;
};

const readImages = async (tar: Readable, now: () => number): Promise<ReadonlyArray<{readonly record: ImageRecord; readonly tags: readonly string[]}>> => {
	const entries = await readTar(tar, complaint);
	const files = new Map(entries.flatMap(({parts, node}) => node.type === 'file' ? [[parts.join('/'), node.content] as const] : []));
	const links = new Map(entries.flatMap(({parts, node}) => node.type === 'link' ? [[parts.join('/'), partsOf(`${parts.slice(0, -1).join('/')}/${node.target}`).join('/')] as const] : []));
	const contentOf = (name: string) => files.get(links.get(name) ?? name);
	const manifest = parseJson(contentOf('manifest.json'), 'manifest.json');
	const items = Array.isArray(manifest) && manifest.length > 0 ? manifest as ReadonlyArray<Partial<ManifestItem> | null> : refuse('manifest.json names no image');
	const read: Array<{readonly record: ImageRecord; readonly tags: readonly string[]}> = [];
	for (const item of items) {
		const name = typeof item?.Config === 'string' ? item.Config : refuse('an image has no configuration');
		const configuration = parseJson(contentOf(name), name);
		const hex = /(?<hex>[\da-f]{64})(?:\.json)?$/v.exec(name)?.groups?.['hex'] ?? createHash('sha256').update(contentOf(name)!).digest('hex');
		const tree = createFileTree(now);
		let bytes = 0;
		for (const layer of listOf(item?.Layers)) {
			const content = contentOf(layer) ?? refuse(`it has no ${layer}`);
			bytes += content.length;
			applyLayer(tree, await readTar(Readable.from([content], {objectMode: false})));
		}

		read.push({
			record: {image: decodeImage(`sha256:${hex}`, configuration, bytes), files: tree.fork()},
			tags: listOf(item?.RepoTags).filter(tag => isTag(tag)).map(tag => fullTag(tag)),
		});
	}

	return read;
};

export const imageArchiveVerbs = (state: State): Verbs => ({
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
});
