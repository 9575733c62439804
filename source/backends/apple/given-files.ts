import {createReadStream} from 'node:fs';
import type {Readable} from 'node:stream';
import {HolmError, messageOf} from '../../engine/errors.js';
import {tarEntries} from '../../archive/tar-entries.js';
import type {Context} from './context.js';
import {membersOf} from './decode/lenient.js';
import {openImage, spoolContainer} from './file-systems.js';
import {givenRepository} from './image-listing.js';
import {diffIdsOf, layerBlob, layersOf, writeLayout} from './layout.js';
import type {Item} from './listing.js';
import {addEntry, packFile} from './pack-file.js';
import {unlimited} from './program.js';
import {remake} from './remake.js';
import {createSpool, withFileThere} from './spool.js';
import {entryPath, readTree, resolveIn} from './tree.js';

const shown = (text: string) => JSON.stringify(text.slice(0, 300)).slice(1, -1);

/** Writes the entries of a tar to a file, below a directory. Throws `invalid` for what is no tar and for what would lead out. */
const packBelow = async (tar: Readable, place: string, file: string): Promise<void> => {
	const archive = packFile(file);
	try {
		for await (const entry of tarEntries(tar)) {
			const {header} = entry;
			const found = entryPath(header.name);
			if (found === undefined) {
				throw new HolmError(
					'invalid',
					`The tar has an entry that is not taken: ${shown(header.name)} leads out of the directory`,
					{remedy: 'make the tar of the files below one directory'},
				);
			}

			const target = header.type === 'link' ? entryPath(header.linkname ?? '') : undefined;
			const name = `${place}${found}`.slice(1);
			if (name === '') {
				entry.resume();
				continue;
			}

			await addEntry(archive, entry, {
				...header, name: `${name}${header.type === 'directory' ? '/' : ''}`, ...target !== undefined && {linkname: `${place}${target}`.slice(1)},
			});
		}
	} catch (error) {
		throw error instanceof HolmError ? error : new HolmError(
			'invalid',
			`This is not a tar: ${messageOf(error)}`,
			{remedy: 'make it with tar', cause: error},
		);
	}

	await archive.finish();
};

let counter = 0;

/** Gives files to a container that never ran: it is made again, of an image with one more layer. Throws `conflict` for one that has run. */
export const givePaths = async (context: Context, item: Item, given: string, tar: Readable): Promise<void> => {
	if (item.container.status.state !== 'created') {
		throw new HolmError(
			'conflict',
			`container ${item.name} does not run: Apple's container takes files into running containers, and into those that never ran`,
			{remedy: `holm start ${item.name}`},
		);
	}

	const program = await context.program();
	await using spool = await createSpool();
	await spoolContainer(context, item, spool.path('export.tar'));
	const tree = await readTree(createReadStream(spool.path('export.tar')));
	const place = resolveIn(tree, given, {follow: true});
	if (place === undefined) {
		throw new HolmError('not-found', `Could not find the file ${shown(given)} in container ${item.name}`, {remedy: 'check the path'});
	}

	if (place !== '' && tree.get(place)?.type !== 'directory') {
		throw new HolmError(
			'invalid',
			`extraction point ${shown(given)} is not a directory in container ${item.name}`,
			{remedy: 'name a directory'},
		);
	}

	await packBelow(tar, place, spool.path('layer.tar'));
	const layer = await layerBlob(spool.path('layer.tar'));
	const image = await openImage(context, item.apple.reference, spool);
	const rootfs = {type: 'layers', diff_ids: [...diffIdsOf(image), layer.digest]};
	const name = `${givenRepository}:${item.id.slice(0, 12)}-${process.pid}-${++counter}`;
	await writeLayout({config: {...membersOf(image.config), rootfs}, layers: [...layersOf(image), layer], name}, spool.path('image.tar'));
	await withFileThere(program, spool.path('image.tar'), async file => {
		await program.run(['image', 'load', '-i', file], unlimited);
	});
	await remake(context, item, {reference: name});
	if (item.apple.reference.startsWith(givenRepository)) {
		await program.attempt(['image', 'delete', item.apple.reference]);
	}
};
