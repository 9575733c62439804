import {randomBytes} from 'node:crypto';
import {
	readdir,
	readFile,
	realpath,
	stat,
} from 'node:fs/promises';
import path from 'node:path';
import {PassThrough, type Readable} from 'node:stream';
import {Buffer} from 'node:buffer';
import {HolmError, messageOf} from '../engine/errors.js';
import {packEntries, type PackEntry} from './pack.js';
import {parseIgnore, type Ignore} from './dockerignore.js';

/** A build context. */
export type BuildContext = {
	readonly tar: Readable;
	/** The Dockerfile's path within it. */
	readonly file?: string;
	/** What was left out, once the tar is read; undefined if nothing was. */
	readonly leftOut?: () => string | undefined;
};

/** One line about the files that no tar of a context has. */
const leftOutOf = (names: readonly string[]): string | undefined => {
	const [first] = names;
	if (first === undefined) {
		return undefined;
	}

	const what = names.length === 1 ? first : `${names.length} files, such as ${first},`;
	return `left out of the build context: ${what} because sockets, pipes and devices are not sent`;
};

/** Limit for a Dockerfile or ignore file that the user did not name. */
const maximumTextBytes = 4 * 1024 * 1024;

/** Reads a text file, if it exists. If the user did not name it, it must be a regular file, because a foreign checkout may have a link to an endless device. */
const readIfThere = async (file: string, {isNamed = false} = {}): Promise<string | undefined> => {
	try {
		const status = await stat(file);
		if (!isNamed && !(status.isFile() && status.size <= maximumTextBytes)) {
			throw new HolmError('invalid', `${file} is not a file of at most ${maximumTextBytes / 1024 ** 2} MiB`, {remedy: 'replace it by a regular file'});
		}

		return await readFile(file, 'utf8');
	} catch (error) {
		if (error instanceof HolmError) {
			throw error;
		}

		if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) {
			return undefined;
		}

		throw new HolmError('invalid', `cannot read ${file}: ${messageOf(error)}`, {remedy: 'check its permissions', cause: error});
	}
};

type Selection = {readonly root: string; readonly ignore: Ignore; readonly always: ReadonlySet<string>};

/**
The entries of a context that are not ignored.

@yields A directory before its contents. An ignored directory is included only with files that a `!` pattern includes.
*/
export const selectEntries = async function * ({root, ignore, always}: Selection, directory = ''): AsyncIterable<PackEntry> {
	const children = await readdir(path.join(root, directory), {withFileTypes: true});
	for (const child of children.toSorted((a, b) => a.name.localeCompare(b.name))) {
		const name = directory === '' ? child.name : `${directory}/${child.name}`;
		const entry = {file: path.join(root, name), name};
		const isIgnored = ignore.ignores(name) && !always.has(name);
		const isNeeded = [...always].some(file => file.startsWith(`${name}/`));
		if (!child.isDirectory()) {
			if (!isIgnored) {
				yield entry;
			}
		} else if (!isIgnored) {
			yield entry;
			yield * selectEntries({root, ignore, always}, name);
		} else if (isNeeded || ignore.mayInclude(name)) {
			let isSent = false;
			for await (const inner of selectEntries({root, ignore, always}, name)) {
				if (!isSent) {
					isSent = true;
					yield entry;
				}

				yield inner;
			}
		}
	}
};

const append = async function * (entries: AsyncIterable<PackEntry> | undefined, more: readonly PackEntry[]): AsyncIterable<PackEntry> {
	if (entries) {
		yield * entries;
	}

	yield * more;
};

export type DirectoryContext = {
	readonly directory: string;
	/** `-f` as given, relative to the working directory, as in Docker. */
	readonly file?: string;
	readonly workingDirectory: string;
	/** The Dockerfile's text if `-f -` read it from standard input. */
	readonly text?: string;
};

const checkDirectory = async (root: string, directory: string): Promise<void> => {
	const remedy = 'name a directory, or - for standard input';
	let isDirectory: boolean;
	try {
		const status = await stat(root);
		isDirectory = status.isDirectory();
	} catch (error) {
		throw new HolmError('not-found', `the build context ${directory} cannot be read: ${messageOf(error)}`, {remedy, cause: error});
	}

	if (!isDirectory) {
		throw new HolmError('invalid', `the build context ${directory} is not a directory`, {remedy});
	}
};

type Dockerfile = {
	/** Its path within the context, or the name under which it is sent. */
	readonly name: string;
	/** Its text if it is not in the context. */
	readonly content?: string;
	/** Its own `.dockerignore`, which replaces the context's. */
	readonly rules?: string;
};

const ownName = () => `.dockerfile.${randomBytes(8).toString('hex')}`;

const findDockerfile = async (root: string, {directory, file, workingDirectory, text}: DirectoryContext): Promise<Dockerfile> => {
	if (text !== undefined) {
		return {name: ownName(), content: text};
	}

	if (file === undefined) {
		for (const name of ['Dockerfile', 'Containerfile']) {
			if (await readIfThere(path.join(root, name)) !== undefined) {
				return {name};
			}
		}

		throw new HolmError('not-found', `there is no Dockerfile in ${directory}`, {remedy: 'name it with -f'});
	}

	const outer = path.resolve(workingDirectory, file);
	const content = await readIfThere(outer, {isNamed: true});
	if (content === undefined) {
		throw new HolmError('not-found', `there is no ${file}`, {remedy: 'name the Dockerfile with -f'});
	}

	const rules = await readIfThere(`${outer}.dockerignore`);
	const within = path.relative(await realpath(root), await realpath(outer)).split(path.sep).join('/');
	return within.startsWith('../') ? {name: ownName(), content, rules} : {name: within, rules};
};

/** The context of a directory. The Dockerfile and `.dockerignore` are always sent; a Dockerfile outside the directory is sent under a random name. */
export const directoryContext = async (options: DirectoryContext): Promise<BuildContext> => {
	const root = path.resolve(options.workingDirectory, options.directory);
	await checkDirectory(root, options.directory);
	const {name, content, rules} = await findDockerfile(root, options);
	const list = rules ?? await readIfThere(path.join(root, '.dockerignore')) ?? await readIfThere(path.join(root, '.containerignore'));
	const ignore = parseIgnore(list ?? '');
	const always = new Set(['.dockerignore', name]);
	const more = content === undefined ? [] : [{file: name, name, content}];
	const skipped: string[] = [];
	const tar = packEntries(append(selectEntries({root, ignore, always}), more), {
		onSkipped(left) {
			skipped.push(left);
		},
	});
	return {tar, file: name, leftOut: () => leftOutOf(skipped)};
};

/** Whether these first bytes are of a tar, plain or compressed, rather than of a Dockerfile. */
export const isArchive = (head: Uint8Array): boolean => {
	const text = Buffer.from(head).toString('latin1');
	return text.startsWith('\u{1F}\u{8B}') || text.startsWith('BZh') || text.startsWith('\u{FD}7zXZ') || text.startsWith('(\u{B5}/\u{FD}') || text.slice(257, 262) === 'ustar';
};

const headLength = 512;

/** The context of standard input: a tar, or the text of a Dockerfile without any context. */
export const inputContext = async (input: Readable, file?: string): Promise<BuildContext> => {
	const chunks: Uint8Array[] = [];
	let size = 0;
	const iterator: AsyncIterator<Uint8Array, undefined> = input[Symbol.asyncIterator]();
	while (size < headLength) {
		const next = await iterator.next();
		if (next.done) {
			break;
		}

		chunks.push(next.value);
		size += next.value.length;
	}

	const rest = {[Symbol.asyncIterator]: () => iterator};
	const head = Buffer.concat(chunks);
	const tar = new PassThrough();
	const send = async () => {
		try {
			tar.write(head);
			for await (const chunk of rest) {
				if (!tar.write(chunk)) {
					await new Promise<void>(resolve => {
						tar.once('drain', resolve);
					});
				}
			}

			tar.end();
		} catch (error) {
			tar.destroy(error as Error);
		}
	};

	if (isArchive(head)) {
		void send();
		return {tar, file};
	}

	const text = [head];
	for await (const chunk of rest) {
		text.push(Buffer.from(chunk));
	}

	if (Buffer.concat(text).length === 0) {
		throw new HolmError('invalid', 'standard input is empty', {remedy: 'send a Dockerfile or a tar of a context'});
	}

	const entries = append(undefined, [{file: 'Dockerfile', name: 'Dockerfile', content: Buffer.concat(text).toString()}]);
	return {tar: packEntries(entries), file: 'Dockerfile'};
};
