import {createReadStream} from 'node:fs';
import type {Header} from 'tar-stream';
import {HolmError} from '../../engine/errors.js';
import type {FileChange} from '../../engine/resources.js';
import {directoryOf} from '../../rules/containers/file-changes.js';
import {tarEntries} from '../../archive/tar-entries.js';
import {mountPath} from '../../rules/names.js';
import type {Context} from './context.js';
import {findImageItem, readImages} from './image-listing.js';
import {readLayout, treeOf, unpackLayout, type LayoutImage} from './layout.js';
import type {Item} from './listing.js';
import {addEntry, packFile} from './pack-file.js';
import {createSpool, outputOf, spoolOutput, type Spool} from './spool.js';
import {compareTrees, entryPath, readTree, type Tree} from './tree.js';

/** Reads an image of Apple's store with all its layers. */
export const openImage = async (context: Context, reference: string, spool: Spool): Promise<LayoutImage> => {
	const program = await context.program();
	const tar = await outputOf(program, ['image', 'save', '--platform', `linux/${program.architecture}`, reference]);
	const [image] = await readLayout(await unpackLayout(tar, spool), program.architecture);
	if (!image) {
		throw new HolmError(
			'internal',
			`the archive of image ${reference} has no image for linux/${program.architecture}`,
			{remedy: 'pull the image again'},
		);
	}

	return image;
};

/** The files of images by id; they never change. */
const trees = new WeakMap<Context, Map<string, Tree>>();

const keptTrees = 4;

const imageTree = async (context: Context, imageId: string): Promise<Tree> => {
	const known = trees.get(context) ?? new Map<string, Tree>();
	trees.set(context, known);
	const cached = known.get(imageId);
	if (cached) {
		return cached;
	}

	const {references} = findImageItem(await readImages(context), imageId);
	await using spool = await createSpool();
	const tree = await treeOf(await openImage(context, references[0]!, spool));
	for (const oldest of [...known.keys()].slice(0, Math.max(known.size - keptTrees + 1, 0))) {
		known.delete(oldest);
	}

	known.set(imageId, tree);
	return tree;
};

/** Writes the whole root file system of a container to a file. */
export const spoolContainer = async (context: Context, {apple}: Item, file: string): Promise<void> => {
	await spoolOutput(await context.program(), ['export', apple.id], file);
};

/** The changes of a container's root file system against its image, and the file system itself in a file. */
export const readChanges = async (context: Context, item: Item, file: string): Promise<{
	readonly changes: ReadonlyMap<string, FileChange['kind']>;
	readonly tree: Tree;
}> => {
	await spoolContainer(context, item, file);
	const [before, tree] = [await imageTree(context, item.container.imageId), await readTree(createReadStream(file))];
	const mounts = item.container.mounts.map(({target}) => mountPath(target));
	const changes = new Map(compareTrees(before, tree, mounts));
	const targets = new Set([...mounts, ...mounts.flatMap(mount => {
		const above: string[] = [];
		for (let place = directoryOf(mount); place !== ''; place = directoryOf(place)) {
			above.push(place);
		}

		return above;
	})]);
	for (const place of targets) {
		const hasOthers = changes.keys().some(other => other.startsWith(`${place}/`) && !targets.has(other));
		if (changes.get(place) === 'added' && !hasOthers) {
			changes.delete(place);
		}
	}

	return {changes, tree};
};

/** Packs the changes as a layer: what is there as it is, and marks for what is gone. */
export const packChanges = async (
	source: string,
	changes: ReadonlyMap<string, FileChange['kind']>,
	tree: Tree,
	file: string,
): Promise<void> => {
	const archive = packFile(file);
	for (const [place, kind] of changes) {
		if (kind === 'deleted') {
			await archive.add({
				name: `${directoryOf(place).slice(1)}${directoryOf(place) === '' ? '' : '/'}.wh.${place.slice(place.lastIndexOf('/') + 1)}`,
				mode: 0o644,
			}, '');
		}
	}

	const packed = new Set<string>();
	for await (const entry of tarEntries(createReadStream(source))) {
		const place = entryPath(entry.header.name);
		if (place === undefined || !changes.has(place) || changes.get(place) === 'deleted') {
			continue;
		}

		const header: Header = {...entry.header, name: place.slice(1) + (entry.header.type === 'directory' ? '/' : '')};
		const isForeign = header.type === 'link' && !packed.has(entryPath(header.linkname ?? '') ?? '') && !changes.has(entryPath(header.linkname ?? '') ?? '');
		if (isForeign && !tree.has(entryPath(header.linkname ?? '') ?? '')) {
			continue;
		}

		packed.add(place);
		await addEntry(archive, entry, header);
	}

	await archive.finish();
};
