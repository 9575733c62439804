import {Buffer} from 'node:buffer';
import {createReadStream, createWriteStream} from 'node:fs';
import path from 'node:path';
import {pipeline} from 'node:stream/promises';
import {Readable} from 'node:stream';
import {extract, pack, type Pack} from 'tar-stream';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {Progress} from '../../engine/resources.js';
import {decompress} from '../../archive/decompress.js';
import type {ArchiveOptions} from '../../engine/transfer.js';
import type {Found} from '../../rules/images/find.js';
import {assertContains, assertPlatform} from '../../rules/images/platform.js';
import {familiarName, tagName} from '../../rules/images/reference.js';
import {planLoad, readIndexes} from './archive-index.js';
import {platformsIn} from './archive-platforms.js';
import type {Buildah} from './buildah.js';
import {diskError} from './disk-error.js';
import {printable} from './printable.js';
import {ProgramError} from './output-lines.js';

type ManifestEntry = {readonly Config: string; readonly RepoTags?: readonly string[]; readonly Layers: readonly string[]};

const readText = async (stream: AsyncIterable<unknown>): Promise<string> => {
	const chunks: Uint8Array[] = [];
	for await (const chunk of stream) {
		chunks.push(chunk as Uint8Array);
	}

	return Buffer.concat(chunks).toString();
};

/** Copies the entries of one image's archive that the joint archive does not have yet, and resolves with its manifest. */
const copyArchive = async (source: Readable, joint: Pack, seen: Set<string>): Promise<readonly ManifestEntry[]> => {
	let manifest: readonly ManifestEntry[] = [];
	const entries = extract();
	source.on('error', error => {
		entries.destroy(error);
	});
	source.pipe(entries);
	for await (const entry of entries) {
		const {name} = entry.header;
		if (name === 'manifest.json') {
			manifest = JSON.parse(await readText(entry)) as readonly ManifestEntry[];
		} else if (name === 'repositories' || seen.has(name)) {
			// Superseded by manifest.json, or a layer that is already there.
			entry.resume();
		} else {
			seen.add(name);
			await pipeline(entry, joint.entry(entry.header));
		}
	}

	return manifest;
};

/** Merges the entries of one image into one with all its tags. */
export const joinManifests = (entries: readonly ManifestEntry[]): readonly ManifestEntry[] =>
	Map.groupBy(entries, ({Config}) => Config).values().map(same => ({
		...same[0]!,
		RepoTags: [...new Set(same.flatMap(({RepoTags}) => RepoTags ?? []))],
	})).toArray();

const writeImages = async (buildah: Buildah, images: readonly Found[], joint: Pack): Promise<void> => {
	const seen = new Set<string>();
	const manifests: ManifestEntry[] = [];
	for (const {image, name} of images) {
		await buildah.inScratch(async work => {
			const file = path.join(work, 'image.tar');
			const destination = name === undefined ? file : `${file}:${name}`;
			await buildah.run(['push', '--quiet', ...buildah.policyArguments, image.id.slice('sha256:'.length), `docker-archive:${destination}`], {environment: {TMPDIR: work}});
			manifests.push(...await copyArchive(createReadStream(file), joint, seen));
		});
	}

	joint.entry({name: 'manifest.json', mode: 0o444}, JSON.stringify(joinManifests(manifests)));
	joint.finalize();
};

/**
Images as one tar in docker-archive format, written while it is read.

Buildah only writes archives of one image, so these are merged. Shared layers are stored once.
*/
export const saveArchive = (buildah: Buildah, images: readonly Found[]): Readable => {
	const joint = pack();
	writeImages(buildah, images, joint).catch((error: unknown) => {
		joint.destroy(error instanceof Error ? error : new Error(messageOf(error)));
	});
	return Readable.from(joint, {objectMode: false});
};

/** Buildah's error for an unreadable archive. `file` is the daemon's copy, whose path is left out of the message. */
const loadError = (error: unknown, file: string): unknown => {
	if (!(error instanceof ProgramError) || error.code === 'unavailable') {
		return error;
	}

	const reason = messageOf(error).replace(/^buildah failed: /v, '').replaceAll(file, 'the archive').replaceAll(/\b(?:docker|oci)-archive:the archive(?::@\d+)?: ?/gv, '');
	return new HolmError('invalid', printable(`Cannot load images: ${reason}`), {remedy: 'load what docker save or holm save wrote', cause: error});
};

/**
Loads every image of a docker-archive or OCI archive, plain or compressed, as `docker save` and `holm save` write them.

@yields One line for each name, or for the id of an image without one.
*/
export async function * loadArchive(buildah: Buildah, tar: Readable, {platform}: ArchiveOptions = {}): AsyncGenerator<Progress, void> {
	if (platform !== undefined) {
		assertPlatform(platform);
	}

	const work = await buildah.scratch();
	const file = path.join(work, 'images.tar');
	try {
		await pipeline(tar, decompress(), createWriteStream(file, {mode: 0o600})).catch((error: unknown) => {
			throw diskError('Cannot load images', error);
		});
		const indexes = await readIndexes(createReadStream(file));
		const plan = planLoad(indexes);
		for (const {description, tags} of platform === undefined ? [] : plan) {
			const provided = await platformsIn(description, async names => readIndexes(createReadStream(file), names));
			assertContains(provided, tags, platform!);
		}

		// Of an image for several platforms, buildah takes the host's unless it is told another.
		const choice = platform === undefined ? [] : ['--platform', platform];
		for (const {source, tags} of plan) {
			const printed = await buildah.run(['pull', '--quiet', ...buildah.policyArguments, ...choice, `${source.transport}:${file}${source.selector}`], {environment: {TMPDIR: work}}).catch((error: unknown) => {
				throw loadError(error, file);
			});
			const id = printed.trim().split('\n').at(-1) ?? '';
			for (const tag of tags) {
				await buildah.run(['tag', id, tagName(tag)]);
				yield {text: `Loaded image: ${familiarName(tag)}\n`};
			}

			if (tags.length === 0) {
				yield {text: `Loaded image ID: sha256:${id}\n`};
			}
		}
	} finally {
		await buildah.removeScratch(work);
	}
}
