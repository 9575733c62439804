import {createReadStream} from 'node:fs';
import {Readable} from 'node:stream';
import type {Header} from 'tar-stream';
import {isContentPath} from '../../../archive/copy-paths.js';
import {tarEntries} from '../../../archive/tar-entries.js';
import type {Context} from '../context.js';
import {spoolContainer} from '../file-systems.js';
import type {Item} from '../listing.js';
import {createSpool} from '../spool.js';
import {entryPath, readTree, resolveIn, type Tree} from '../tree.js';
import type {FileHeader, Opened} from './opened.js';
import {missing, partsOf} from './paths.js';

const blankHeader = {uid: 0, gid: 0, uname: '', gname: '', devmajor: 0, devminor: 0};

const headerOf = (tree: Tree, place: string): FileHeader => {
	const node = tree.get(place);
	return {
		type: (node?.type ?? 'directory') as Header['type'],
		mode: node?.mode ?? 0o755,
		size: node?.sizeBytes ?? 0,
		mtime: new Date(node?.modifiedAt ?? 0),
		linkname: node?.target ?? '',
	};
};

/** Reads a path of a container that does not run from an export of all of it. */
export const openResting = async (context: Context, item: Item, given: string): Promise<Opened> => {
	const spool = await createSpool();
	const file = spool.path('export.tar');
	try {
		await spoolContainer(context, item, file);
		const tree = await readTree(createReadStream(file));
		const place = resolveIn(tree, given, {follow: isContentPath(given)});
		if (place === undefined) {
			throw missing(item, given);
		}

		const {name} = partsOf(given);
		const root = name === '.' || place === '' ? '.' : name;
		async function * all() {
			try {
				if (!tree.has(place!)) {
					const header: Header = {...blankHeader, ...headerOf(tree, place!), name: `${root}/`};
					yield {header, content: Readable.from([])};
				}

				for await (const entry of tarEntries(createReadStream(file))) {
					const found = entryPath(entry.header.name);
					if (found === place || found?.startsWith(`${place!}/`)) {
						const {header} = entry;
						const target = header.type === 'link' ? entryPath(header.linkname ?? '') ?? '' : '';
						const linkname = header.type === 'link' ? (target.startsWith(`${place!}/`) || target === place ? `${root}${target.slice(place!.length)}` : target.slice(1)) : header.linkname;
						yield {
							header: {...header, name: `${root}${found!.slice(place!.length)}${header.type === 'directory' ? '/' : ''}`, linkname},
							content: entry,
						};
					}
				}
			} finally {
				await spool[Symbol.asyncDispose]();
			}
		}

		return {first: headerOf(tree, place), entries: all()};
	} catch (error) {
		await spool[Symbol.asyncDispose]();
		throw error;
	}
};
