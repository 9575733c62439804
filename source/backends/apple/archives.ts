import {createReadStream} from 'node:fs';
import path from 'node:path';
import {PassThrough, Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {type Header, pack} from 'tar-stream';
import {isContentPath} from '../../archive/copy-paths.js';
import {tarEntries} from '../../archive/tar-entries.js';
import type {ArchivesVerbs, PathStatus} from '../../engine/archives.js';
import {HolmError} from '../../engine/errors.js';
import {mountPath} from '../../rules/names.js';
import type {Context} from './context.js';
import {collect} from './collect.js';
import {failureOf} from './failures.js';
import {spoolContainer} from './file-systems.js';
import {givePaths} from './given-files.js';
import {readItem, type Item} from './listing.js';
import {createSpool, outputOf} from './spool.js';
import {entryPath, readTree, resolveIn, type Tree} from './tree.js';

const shown = (text: string) => JSON.stringify(text.slice(0, 300)).slice(1, -1);

const types: Readonly<Record<string, number>> = {
	directory: 0o04,
	symlink: 0o12,
	'character-device': 0o02,
	'block-device': 0o06,
	fifo: 0o01,
};

const missing = ({name}: Item, given: string, cause?: unknown) =>
	new HolmError('not-found', `Could not find the file ${shown(given)} in container ${name}`, {remedy: 'check the path', cause});

const assertPath = (given: string): void => {
	if (given === '' || given.includes('\0')) {
		throw new HolmError('invalid', `${JSON.stringify(given.slice(0, 100))} is not a path`, {remedy: 'name a file in the container'});
	}
};

const isRunning = ({container: {status}}: Item) => status.state === 'running';

/** The directory and the name of a path, for tar. */
const partsOf = (given: string): {readonly directory: string; readonly name: string} => {
	const whole = mountPath(given);
	return isContentPath(given) || whole === '/' ? {directory: whole, name: '.'} : {
		directory: path.posix.dirname(whole),
		name: path.posix.basename(whole),
	};
};

type FileHeader = Pick<Header, 'type' | 'mode' | 'size' | 'mtime' | 'linkname'>;

const statusOf = (given: string, {type, mode, size, mtime, linkname}: FileHeader): PathStatus => ({
	name: path.posix.basename(given) || '/',
	sizeBytes: size,
	mode: ((types[type ?? 'file'] ?? 0o10) * 0o1_0000) + (mode % 0o1_0000),
	modifiedAt: mtime?.getTime() ?? 0,
	linkTarget: type === 'symlink' ? path.posix.resolve(path.posix.dirname(`/${given}`), linkname ?? '') : '',
});

/** Names without the `./` that keeps tar from taking them for options. */
const plainName = (name: string): string => /^\.\/./v.test(name) ? name.slice(2) : name;

const tarWords = ({apple}: Item, given: string, isShort: boolean): readonly string[] => {
	const {directory, name} = partsOf(given);
	return ['exec', apple.id, 'tar', '-cf', '-', ...isShort ? ['--no-recursion'] : [], '-C', directory, name === '.' ? '.' : `./${name}`];
};

type Opened = {
	readonly first: FileHeader;
	readonly entries: AsyncGenerator<{readonly header: Header; readonly content: AsyncIterable<unknown>}, void>;
};

/** What the container's own tar packs. */
async function * renamed(tar: Readable, isContent: boolean): AsyncGenerator<{
	readonly header: Header;
	readonly content: AsyncIterable<unknown>;
}, void> {
	for await (const entry of tarEntries(tar)) {
		const {header} = entry;
		const name = isContent ? header.name : plainName(header.name);
		yield {
			header: {...header, name, linkname: header.type === 'link' && !isContent ? plainName(header.linkname ?? '') : header.linkname},
			content: entry,
		};
	}
}

/** Reads a path of a running container by its own tar. */
const openRunning = async (context: Context, item: Item, given: string, isShort: boolean): Promise<Opened> => {
	const entries = renamed(await outputOf(await context.program(), tarWords(item, given, isShort)), partsOf(given).name === '.');
	let first;
	try {
		first = await entries.next();
	} catch (error) {
		// Only Apple's program itself has other failures than those of tar.
		throw error instanceof HolmError && ['unavailable', 'conflict'].includes(error.code) ? error : missing(item, given, error);
	}

	if (first.done) {
		throw missing(item, given);
	}

	const {value} = first;
	async function * all() {
		yield value;
		yield * entries;
	}

	return {first: value.header, entries: all()};
};

type Sink = ReturnType<ReturnType<typeof pack>['entry']>;

/** Resolves when the sink takes more, or takes nothing any more. */
const whenReady = async (sink: Sink): Promise<void> => new Promise(resolve => {
	const ready = () => {
		resolve();
	};

	sink.once('drain', ready).once('close', ready);
});

const writeContent = async (sink: Sink, content: AsyncIterable<unknown>): Promise<void> => {
	for await (const chunk of content) {
		if (!sink.write(chunk)) {
			await whenReady(sink);
		}
	}

	sink.end(undefined);
};

/** Packs entries as they come. */
const packed = (entries: Opened['entries']): Readable => {
	const archive = pack();
	const output = new PassThrough();
	const write = async () => {
		try {
			for await (const {header, content} of entries) {
				if (header.type === 'file' || header.type === 'contiguous-file') {
					await writeContent(archive.entry(header), content);
				} else {
					archive.entry({...header, size: 0});
				}
			}

			archive.finalize();
		} catch (error) {
			archive.destroy(error as Error);
		}
	};

	void write();
	pipeline(Readable.from(archive, {objectMode: false}), output).catch(() => undefined);
	return output;
};

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
const openResting = async (context: Context, item: Item, given: string): Promise<Opened> => {
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

const open = async (context: Context, item: Item, given: string, isShort = false): Promise<Opened> => {
	assertPath(given);
	return isRunning(item) ? openRunning(context, item, given, isShort) : openResting(context, item, given);
};

/** Throws `not-found`, and `invalid` for what is no directory. */
const assertDirectory = async (context: Context, item: Item, given: string): Promise<void> => {
	try {
		const {entries} = await open(context, item, `${given}/.`, true);
		await entries.return();
	} catch (error) {
		if (error instanceof HolmError && error.code !== 'not-found') {
			throw error;
		}

		const {entries} = await open(context, item, given, true);
		await entries.return();
		throw new HolmError(
			'invalid',
			`extraction point ${shown(given)} is not a directory in container ${item.name}`,
			{remedy: 'name a directory'},
		);
	}
};

export const archivesVerbs = (context: Context): ArchivesVerbs => ({
	async pathStatus(reference, given) {
		const {first, entries} = await open(context, await readItem(context, reference), given, true);
		await entries.return();
		return statusOf(given, first);
	},
	async readArchive(reference, given) {
		const {first, entries} = await open(context, await readItem(context, reference), given);
		return {status: statusOf(given, first), tar: packed(entries)};
	},
	async writeArchive(reference, given, tar) {
		// The tar may fail before it is read.
		tar.on('error', () => undefined);
		const item = await readItem(context, reference);
		assertPath(given);
		if (!isRunning(item)) {
			await context.inTurn(async () => givePaths(context, await readItem(context, reference), given, tar));
			return;
		}

		await assertDirectory(context, item, given);
		const program = await context.program();
		const argv = ['exec', '-i', item.apple.id, 'tar', '-xf', '-', '-C', mountPath(given)];
		const {exitCode, stderr} = await collect(program.transport, [program.path, ...argv], {input: tar, limitMs: Infinity});
		if (exitCode !== 0) {
			const {message} = failureOf({argv, exitCode, stderr, where: program.transport.name});
			throw new HolmError(
				'invalid',
				`Cannot unpack into ${shown(given)} of container ${item.name}: ${message}`,
				{remedy: 'check the archive'},
			);
		}
	},
});

