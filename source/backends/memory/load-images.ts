import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {Readable} from 'node:stream';
import {HolmError, messageOf} from '../../engine/errors.js';
import {parseReference} from '../../rules/images/reference.js';
import {createFileTree, partsOf, type FileTree} from './file-tree.js';
import {decodeImage, listOf, type ManifestItem} from './image-document.js';
import type {ImageRecord} from './state.js';
import {readTar, unpackInto, type TarEntry} from './tar-tree.js';

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

/** Reads every image of a docker-archive. Throws `invalid` for what is none. */
export const readImages = async (tar: Readable, now: () => number): Promise<ReadonlyArray<{readonly record: ImageRecord; readonly tags: readonly string[]}>> => {
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
		const hex = /(?<hex>[\da-f]{64})(?:\.json)?$/v.exec(name)?.groups?.hex ?? createHash('sha256').update(contentOf(name)!).digest('hex');
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
