import type {Buffer} from 'node:buffer';
import {buffer} from 'node:stream/consumers';
import type {Pack} from 'tar-stream';
import {familiarName} from '../../rules/images/reference.js';
import type {TreeNode} from './file-node.js';
import {encodeConfiguration, hexOf, type ManifestItem} from './image-document.js';
import type {ImageRecord} from './state.js';
import {packNode} from './tar-tree.js';

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

/** Writes images, each with the tags under which it is saved, as a docker-archive. */
export const writeImages = async (images: ReadonlyMap<ImageRecord, readonly string[]>, archive: Pack): Promise<void> => {
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
