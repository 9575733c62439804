import {Buffer} from 'node:buffer';
import path from 'node:path';
import {PassThrough, type Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {ArchivesVerbs, PathStatus} from '../../engine/archives.js';
import {guestPaths} from '../containers/bundle.js';
import {toGnuTar} from '../containers/gnu-tar.js';
import {isContentPath} from '../../archive/copy-paths.js';
import {decompress} from '../../archive/decompress.js';
import {complaintOf} from '../machines/ssh/agent.js';
import {watchSilence} from '../machines/silence.js';
import {quote} from '../../text/escape.js';
import {
	openOutput,
	through,
	type Files,
	type WithFiles,
} from './files.js';
import type {Entry} from './context.js';
import {findContainer} from './find.js';
import type {VerbContext} from './verb-context.js';

const normalise = (file: string) => path.posix.resolve('/', file.replaceAll('\0', ''));

const notFound = ({container}: Entry, file: string) =>
	new HolmError('not-found', `Could not find the file ${JSON.stringify(file.slice(0, 300)).slice(1, -1)} in container ${container.name}`, {remedy: 'check the path'});

/** Files that the engine mounts. The disk of a container that never ran lacks them. */
const mountedFiles = new Set(['/etc/hostname', '/etc/hosts', '/etc/resolv.conf']);

/** `dir/.` is what is in the directory, also where that is a link. */
const endOf = (file: string): '' | '/.' => isContentPath(file) && normalise(file) !== '/' ? '/.' : '';

/** Where commands of the guest find a file: its path, and what comes before them. */
const placeOf = ({prefix, isStopped}: Files, file: string) => {
	const place = normalise(file) + endOf(file);
	return isStopped && mountedFiles.has(place) ? {place: `${guestPaths.files}/${path.posix.basename(place)}`, prefix: ''} : {place, prefix};
};

const statusOf = async (entry: Entry, files: Files, file: string): Promise<PathStatus> => {
	const {agent} = files;
	const {place, prefix} = placeOf(files, file);
	const answer = await agent.run(`${prefix} stat -c '%f %s %Y' ${quote(place)} 2>/dev/null || echo missing; ${prefix} readlink ${quote(place)} 2>/dev/null || true`);
	const [line = '', ...link] = Buffer.from(answer).toString().split('\n');
	const match = /^(?<mode>[\da-f]{1,8}) (?<size>\d{1,15}) (?<time>\d{1,12})$/v.exec(line);
	if (!match) {
		throw notFound(entry, file);
	}

	const mode = Number.parseInt(match.groups!.mode!, 16);
	return {
		name: endOf(file) === '/.' ? '.' : path.posix.basename(place) || '/',
		sizeBytes: Number(match.groups!.size),
		mode,
		modifiedAt: Number(match.groups!.time) * 1000,
		linkTarget: (mode & 0o17_0000) === 0o12_0000 ? link.join('\n').replace(/\n$/v, '') : '',
	};
};

const readFrom = async (entry: Entry, files: Files, file: string): Promise<Readable> => {
	const {agent} = files;
	const {place, prefix} = placeOf(files, file);
	const [directory, name] = endOf(file) === '' ? [path.posix.dirname(place), path.posix.basename(place) || '.'] : [place, '.'];
	return openOutput(agent, `${prefix} tar -c -f - -C ${quote(directory)} -- ${quote(name)}`, `the archive of ${place} in container ${entry.container.name}`);
};

const writeTo = async (entry: Entry, {agent, prefix}: Files, directory: string, tar: Readable): Promise<void> => {
	const place = normalise(directory);
	const {channel, status, abandon} = await agent.open(`${prefix} tar -x -f - -C ${quote(place)}`);
	const complaint = complaintOf(channel);
	channel.resume();
	const plain = new PassThrough();
	const reading = pipeline(tar, decompress(), plain);
	reading.catch(() => undefined);
	let sentBytes = 0;
	let silence: string | undefined;
	const unpacking = toGnuTar(plain);
	unpacking.on('data', (chunk: Uint8Array) => {
		sentBytes += chunk.length;
	});
	const stopWatching = watchSilence({
		progress: () => sentBytes,
		isGuestsTurn: () => channel.writableNeedDrain || channel.writableEnded,
		onSilence(limitMs) {
			silence = `the guest read nothing for ${limitMs / 1000} seconds`;
			abandon();
		},
	});
	void status.then(stopWatching);
	try {
		await pipeline(unpacking, channel);
		await reading;
	} catch (error) {
		channel.close();
		await status;
		throw error instanceof HolmError ? error : new HolmError('invalid', `the archive cannot be unpacked: ${silence ?? (complaint() || messageOf(error))}`, {remedy: 'send a tar, plain or compressed with gzip', cause: error});
	}

	if (await status !== 0) {
		const reason = complaint().replace(/^tar: /v, '');
		const isFull = /no space left/iv.test(reason);
		throw new HolmError(isFull ? 'unavailable' : 'invalid', `the archive cannot be unpacked in ${place} of container ${entry.container.name}: ${silence ?? (reason || 'the container has ended')}`, {remedy: isFull ? 'remove files in the container' : 'check the archive, and that the directory is writable'});
	}
};

/**
Copies files in and out of containers: through the guest of a running container, through a helper machine with the disk of a stopped one.

The container's files are untrusted. Every path is resolved in the guest, inside the container's root.
*/
export const archivesVerbs = (context: VerbContext): ArchivesVerbs => ({
	async pathStatus(reference, file) {
		const entry = findContainer(context, reference);
		return context.withFiles(entry, async files => ({result: await statusOf(entry, files, file)}));
	},
	async readArchive(reference, file) {
		const entry = findContainer(context, reference);
		return context.withFiles(entry, async files => {
			const status = await statusOf(entry, files, file);
			const tar = await readFrom(entry, files, file);
			return {result: {status, tar}, until: through(tar)};
		});
	},
	async writeArchive(reference, directory, tar) {
		const entry = findContainer(context, reference);
		await context.withFiles(entry, async files => {
			const status = await statusOf(entry, files, normalise(directory));
			const isDirectory = async () => {
				if ((status.mode & 0o17_0000) !== 0o12_0000) {
					return (status.mode & 0o17_0000) === 0o04_0000;
				}

				const answer = await files.agent.run(`${files.prefix} test -d ${quote(normalise(directory))} && echo yes || echo no`);
				return Buffer.from(answer).toString().trim() === 'yes';
			};

			if (!await isDirectory()) {
				throw new HolmError('invalid', `${JSON.stringify(directory.slice(0, 300)).slice(1, -1)} in container ${entry.container.name} is not a directory`, {remedy: 'name a directory to unpack into'});
			}

			await writeTo(entry, files, directory, tar);
			return {result: undefined};
		});
	},
});
