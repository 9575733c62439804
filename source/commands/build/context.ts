import {randomBytes} from 'node:crypto';
import {
	readdir,
	readFile,
	realpath,
	stat,
} from 'node:fs/promises';
import path from 'node:path';
import {PassThrough, type Readable} from 'node:stream';
import {HolmError, messageOf} from '../../errors.js';
import {packEntries, type PackEntry} from '../archive/pack.js';
import {parseIgnore, type Ignore} from './dockerignore.js';

/** What a build is made from: a tar, and the Dockerfile's path within it. */
export type BuildContext = {readonly tar: Readable; readonly file?: string};

const readIfThere = async (file: string): Promise<string | undefined> => {
	try {
		return await readFile(file, 'utf8');
	} catch (error) {
		if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) {
			return undefined;
		}

		throw new HolmError('invalid', `cannot read ${file}: ${messageOf(error)}`, {remedy: 'check its permissions', cause: error});
	}
};

type Selection = {readonly root: string; readonly ignore: Ignore; readonly always: ReadonlySet<string>};

/** The entries of a context that are not ignored. A directory that is ignored comes along only with what a `!` pattern lets in. */
export const selectEntries = async function * ({root, ignore, always}: Selection, directory = ''): AsyncIterable<PackEntry> {
	const children = await readdir(path.join(root, directory), {withFileTypes: true});
	for (const child of children.toSorted((a, b) => a.name < b.name ? -1 : 1)) {
		const name = directory === '' ? child.name : `${directory}/${child.name}`;
		const entry = {file: path.join(root, name), name};
		const isIgnored = ignore.ignores(name) && !always.has(name);
		const isMayHold = [...always].some(file => file.startsWith(`${name}/`));
		if (!child.isDirectory()) {
			if (!isIgnored) {
				yield entry;
			}
		} else if (!isIgnored) {
			yield entry;
			yield * selectEntries({root, ignore, always}, name);
		} else if (isMayHold || ignore.mayInclude(name)) {
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

const append = async function * (entries: AsyncIterable<PackEntry>, more: readonly PackEntry[]): AsyncIterable<PackEntry> {
	yield * entries;
	yield * more;
};

export type DirectoryContext = {
	readonly directory: string;
	/** `-f` as given; resolved from the working directory, as Docker does. */
	readonly file?: string;
	readonly workingDirectory: string;
	/** The Dockerfile's text where `-f -` read it from standard input. */
	readonly text?: string;
};

/** The context of a directory. Its Dockerfile and `.dockerignore` are always sent; a Dockerfile outside of it is sent under a name of its own. */
export const directoryContext = async ({directory, file, workingDirectory, text}: DirectoryContext): Promise<BuildContext> => {
	const root = path.resolve(workingDirectory, directory);
	try {
		const status = await stat(root);
		if (!status.isDirectory()) {
			throw new HolmError('invalid', `the build context ${directory} is not a directory`, {remedy: 'name a directory, or - for standard input'});
		}
	} catch (error) {
		if (error instanceof HolmError) {
			throw error;
		}

		throw new HolmError('not-found', `the build context ${directory} cannot be read: ${messageOf(error)}`, {remedy: 'name a directory, or - for standard input', cause: error});
	}

	const outer = file === undefined || text !== undefined ? undefined : path.resolve(workingDirectory, file);
	const content = text ?? (outer === undefined ? undefined : await readIfThere(outer));
	if (outer !== undefined && content === undefined) {
		throw new HolmError('not-found', `there is no ${file}`, {remedy: 'name the Dockerfile with -f'});
	}

	if (file === undefined && text === undefined) {
		const found = await Promise.all(['Dockerfile', 'Containerfile'].map(async name => readIfThere(path.join(root, name))));
		if (found.every(dockerfile => dockerfile === undefined)) {
			throw new HolmError('not-found', `there is no Dockerfile in ${directory}`, {remedy: 'name it with -f'});
		}
	}

	const within = outer === undefined ? undefined : path.relative(await realpath(root), await realpath(outer)).split(path.sep).join('/');
	const isInside = within !== undefined && !within.startsWith('../');
	const sentAs = content === undefined ? undefined : (isInside ? within : `.dockerfile.${randomBytes(8).toString('hex')}`);
	const rules = (outer === undefined ? undefined : await readIfThere(`${outer}.dockerignore`)) ?? await readIfThere(path.join(root, '.dockerignore')) ?? '';
	const entries = selectEntries({root, ignore: parseIgnore(rules), always: new Set(['.dockerignore', ...(isInside ? [within] : ['Dockerfile', 'Containerfile'])])});
	const tar = packEntries(sentAs === undefined || isInside ? entries : append(entries, [{file: sentAs, name: sentAs, content: content!}]));
	return {tar, file: sentAs};
};

/** Whether bytes begin a tar, plain or compressed, rather than a Dockerfile. */
export const beginsArchive = (head: Uint8Array): boolean => {
	const text = Buffer.from(head).toString('latin1');
	return text.startsWith('\u{1F}\u{8B}') || text.startsWith('BZh') || text.startsWith('\u{FD}7zXZ') || text.startsWith('(\u{B5}/\u{FD}') || text.slice(257, 262) === 'ustar';
};

const headLength = 512;

/** The context of standard input: a tar, or the text of a Dockerfile without any context. */
export const inputContext = async (input: Readable, file?: string): Promise<BuildContext> => {
	const chunks: Uint8Array[] = [];
	let size = 0;
	const iterator = input[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
	while (size < headLength) {
		const {value, done} = await iterator.next();
		if (done) {
			break;
		}

		chunks.push(value);
		size += value.length;
	}

	const rest = {[Symbol.asyncIterator]: () => iterator};
	const head = Buffer.concat(chunks);
	const tar = new PassThrough();
	const fill = async () => {
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

	if (beginsArchive(head)) {
		void fill();
		return {tar, file};
	}

	const text = [head];
	for await (const chunk of rest) {
		text.push(Buffer.from(chunk));
	}

	if (Buffer.concat(text).length === 0) {
		throw new HolmError('invalid', 'standard input is empty', {remedy: 'send a Dockerfile or a tar of a context'});
	}

	const entries = append((async function * () {})(), [{file: 'Dockerfile', name: 'Dockerfile', content: Buffer.concat(text).toString()}]);
	return {tar: packEntries(entries), file: 'Dockerfile'};
};
