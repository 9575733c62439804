import {
	lstat,
	readlink,
	realpath,
	stat,
} from 'node:fs/promises';
import path from 'node:path';
import {Readable} from 'node:stream';
import type {Engine} from '../../engine/engine.js';
import type {PathStatus} from '../../engine/archives.js';
import {asHolmError, HolmError} from '../../engine/errors.js';
import {
	isContentPath,
	parseSide,
	planCopy,
	renameContents,
	renameFirst,
	type CopySide,
	type PathKind,
} from '../../archive/copy-paths.js';
import {packEntries, walk} from '../../archive/pack.js';
import {tarEntries} from '../../archive/tar-entries.js';
import {unpack} from '../../archive/unpack.js';
import {defineCommand, printError, type Context} from '../command.js';
import {escapeControls} from '../../text/escape.js';
import {writeAll} from '../../terminal/streams.js';
import {isStandardOutput} from '../write-archive.js';

type ContainerSide = Extract<CopySide, {kind: 'container'}>;
type CopyFlags = {readonly archive: boolean; readonly followLink: boolean};

const fileTypeMask = 0o17_0000;

const typeOf = ({mode}: PathStatus) => mode & fileTypeMask;
const isLink = (status: PathStatus) => typeOf(status) === 0o12_0000;
const kindOf = (status: PathStatus) => typeOf(status) === 0o04_0000 ? 'directory' : 'file';

/** The number of links that Linux follows. */
const maximumLinks = 40;

/** Resolves a link in the container to its target and the target's status. */
const follow = async (engine: Engine, reference: string, inside: string): Promise<{readonly path: string; readonly status: PathStatus}> => {
	let current = inside;
	for (let count = 0; count < maximumLinks; count++) {
		const status = await engine.pathStatus(reference, current);
		if (!isLink(status)) {
			return {path: current, status};
		}

		current = path.posix.resolve(path.posix.dirname(current), status.linkTarget);
	}

	throw new HolmError('invalid', `${inside} leads through too many symbolic links`, {remedy: 'name the file itself'});
};

const hostKind = async (file: string, isFollowing: boolean): Promise<PathKind> => {
	try {
		const status = await (isFollowing ? stat(file) : lstat(file));
		return status.isDirectory() ? 'directory' : 'file';
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
			return 'absent';
		}

		throw error;
	}
};

/** The file that a path stands for: a copy goes through a link to a file, also to one that does not exist yet. */
const throughLinks = async (file: string): Promise<string> => {
	let current = file;
	for (let count = 0; count < maximumLinks; count++) {
		const target = await readlink(current).catch(() => undefined);
		if (target === undefined) {
			return current;
		}

		current = path.resolve(path.dirname(current), target);
	}

	throw new HolmError('invalid', `${file} leads through too many symbolic links`, {remedy: 'name the file itself'});
};

/** Throws `invalid` for a device, a pipe or a socket, which a copy would replace. */
const assertPlain = async (file: string): Promise<void> => {
	const status = await stat(file).catch(() => undefined);
	if (status && !status.isFile() && !status.isDirectory()) {
		throw new HolmError('invalid', `${file} is neither a regular file nor a directory`, {remedy: 'name another file, or /dev/stdout for standard output'});
	}
};

/** Writes the content of a file in a container to standard output. */
const toStandardOutput = async (context: Context, tar: Readable): Promise<void> => {
	for await (const entry of tarEntries(tar)) {
		if (entry.header.type !== 'file') {
			throw new HolmError('invalid', `${escapeControls(entry.header.name)} is not a regular file`, {remedy: 'copy it to - as a tar'});
		}

		await writeAll(context.stdout, Readable.from(entry, {objectMode: false}));
	}
};

const warnOfSkipped = (context: Context, name: string) => {
	printError(context, `WARNING: skipped ${escapeControls(name)}: not a file, a directory or a link`);
};

const toHost = async (context: Context, source: ContainerSide, destination: string, flags: CopyFlags) => {
	const engine = await context.engine();
	const from = flags.followLink
		? await follow(engine, source.reference, source.path)
		: {path: source.path, status: await engine.pathStatus(source.reference, source.path)};
	const named = path.resolve(context.workingDirectory, destination);
	if (isStandardOutput(named)) {
		const {tar} = await engine.readArchive(source.reference, from.path);
		await toStandardOutput(context, tar);
		return;
	}

	const place = await throughLinks(named);
	await assertPlain(place);
	const plan = planCopy({
		source: isContentPath(source.path) && !isContentPath(from.path) ? `${from.path}/.` : source.path,
		sourceKind: kindOf(from.status),
		destination: destination.endsWith('/') ? `${place}/` : place,
		destinationKind: await hostKind(place, true),
	});
	if (await hostKind(plan.directory, true) !== 'directory') {
		throw new HolmError('not-found', `no such directory: ${plan.directory}`, {remedy: 'create it first'});
	}

	const {tar} = await engine.readArchive(source.reference, from.path);
	const rename = isContentPath(from.path) ? renameContents(plan.name) : renameFirst(plan.name);
	const skipped = await unpack(tar, {root: plan.directory, rename, keepOwners: flags.archive});
	for (const name of skipped) {
		warnOfSkipped(context, name);
	}
};

const containerKind = async (
	engine: Engine,
	{reference, path: inside}: ContainerSide,
): Promise<{readonly kind: PathKind; readonly path: string}> => {
	try {
		const {path: place, status} = await follow(engine, reference, inside);
		return {kind: kindOf(status), path: inside.endsWith('/') && !place.endsWith('/') ? `${place}/` : place};
	} catch (error) {
		if (asHolmError(error).code !== 'not-found') {
			throw error;
		}

		// A missing container is an error, not a path to create.
		await engine.container(reference);
		return {kind: 'absent', path: inside};
	}
};

const toContainer = async (context: Context, source: string, destination: ContainerSide, flags: CopyFlags) => {
	const file = path.resolve(context.workingDirectory, source);
	const sourceKind = await hostKind(file, flags.followLink);
	if (sourceKind === 'absent') {
		throw new HolmError('not-found', `no such file or directory: ${source}`, {remedy: 'check the path'});
	}

	const engine = await context.engine();
	const {kind: destinationKind, path: place} = await containerKind(engine, destination);
	const named = source.endsWith('/') || isContentPath(source) ? `${file}${isContentPath(source) ? '/.' : '/'}` : file;
	const plan = planCopy({
		source: named, sourceKind, destination: place, destinationKind,
	});
	const tar = packEntries(walk(flags.followLink ? await realpath(file) : file, plan.name), {
		keepOwners: flags.archive,
		onSkipped(name) {
			warnOfSkipped(context, name);
		},
	});
	await engine.writeArchive(destination.reference, plan.directory, tar);
};

export const command = defineCommand({
	usage: 'SOURCE DESTINATION',
	flags: {
		archive: {type: 'boolean', shortFlag: 'a', description: 'Keep the user and group ids of owners'},
		followLink: {type: 'boolean', shortFlag: 'L', description: 'Follow SOURCE if it is a symbolic link'},
		quiet: {type: 'boolean', shortFlag: 'q', description: 'Print nothing'},
	},
	async run(context, flags, [from = '', to = '']) {
		const source = parseSide(from);
		const destination = parseSide(to);
		if (source.kind === 'container' && destination.kind === 'host') {
			await toHost(context, source, destination.path, flags);
		} else if (source.kind === 'host' && destination.kind === 'container') {
			await toContainer(context, source.path, destination, flags);
		} else if (source.kind === 'container' && destination.kind === 'tar') {
			const engine = await context.engine();
			const {path: inside} = flags.followLink ? await follow(engine, source.reference, source.path) : source;
			const {tar} = await engine.readArchive(source.reference, inside);
			await writeAll(context.stdout, tar);
		} else if (source.kind === 'tar' && destination.kind === 'container') {
			const engine = await context.engine();
			await engine.writeArchive(destination.reference, destination.path, context.stdin);
		} else {
			throw new HolmError('invalid', `neither ${from} nor ${to} is in a container, or both are`, {remedy: 'copy from CONTAINER:PATH to a path, or the other way round'});
		}
	},
});
