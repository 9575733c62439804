import type {Image} from '../../engine/resources.js';
import {find, type Found} from '../../rules/images/find.js';
import {parseImage} from '../../rules/images/image.js';
import {withParents} from '../../rules/images/parents.js';
import {formatReference, parseReference} from '../../rules/images/reference.js';
import type {Context} from './context.js';
import {decodeImages, type AppleImage} from './decode/image.js';
import {membersOf, textOf} from './decode/lenient.js';
import {decodeStatus} from './decode/system.js';
import type {Program} from './program.js';

/** Names of images that have none in Docker, because Apple has no images without names. */
export const namelessRepository = 'holm.local/nameless';

/** Names of images with the files that a container was given before its first start. */
export const givenRepository = 'holm.local/given';

const isHidden = (reference: string): boolean => reference.startsWith('holm.local/');

/** A name in full, as Docker's rules have it; the text itself if it is none. */
const fullName = (reference: string): string => {
	try {
		return formatReference(parseReference(reference));
	} catch {
		return reference;
	}
};

/** An image, and a name by which Apple's program finds it. */
export type ImageItem = {readonly image: Image; readonly references: readonly string[]; readonly manifest: string};

/** The configurations of images by the digests of their manifests, which never change. Per program. */
const configurations = new WeakMap<Program, Map<string, unknown>>();

const readScript = 'cd "$1/content/blobs/sha256" 2>/dev/null || exit 0; shift; for f; do [ -e "$f" ] && { printf \'%s\\t\' "$f"; tr \'\\n\' \' \' <"$f"; echo; }; done';

const digitsOf = (digest: string): string => digest.replace('sha256:', '');

/** Blobs of Apple's store by their digits; without those that are not there or not JSON. */
const readBlobs = async (program: Program, root: string, digests: readonly string[]): Promise<ReadonlyMap<string, unknown>> => {
	const {stdout} = await program.shell(
		readScript,
		[root, ...digests.filter(digest => /^sha256:[\da-f]{64}$/v.test(digest)).map(digest => digitsOf(digest))],
	);
	return new Map(stdout.toString().split('\n').flatMap(line => {
		const [digits = '', ...text] = line.split('\t');
		try {
			return [[digits, JSON.parse(text.join('\t')) as unknown] as const];
		} catch {
			return [];
		}
	}));
};

/** Where Apple keeps its data; empty if unknown. */
export const readRoot = async (program: Program): Promise<string> => {
	try {
		const {stdout} = await program.attempt(['system', 'status', '--format', 'json']);
		return decodeStatus(JSON.parse(stdout.toString())).root;
	} catch {
		return '';
	}
};

/** Apple's lists leave out ports, volumes and health checks. They are read from its store, where they can be. */
const readConfigurations = async (program: Program, images: readonly AppleImage[]): Promise<ReadonlyMap<string, unknown>> => {
	const known = configurations.get(program) ?? new Map<string, unknown>();
	configurations.set(program, known);
	const unknown = [...new Set(images.map(({manifest}) => manifest).filter(manifest => manifest !== '' && !known.has(manifest)))];
	if (unknown.length > 0) {
		const root = await readRoot(program);
		const manifests = root === '' ? new Map<string, unknown>() : await readBlobs(program, root, unknown);
		const configOf = (manifest: string) => textOf(membersOf(membersOf(manifests.get(digitsOf(manifest))).config).digest);
		const blobs = manifests.size === 0 ? new Map<string, unknown>() : await readBlobs(
			program,
			root,
			unknown.map(manifest => configOf(manifest)),
		);
		for (const manifest of unknown) {
			known.set(manifest, blobs.get(digitsOf(configOf(manifest))));
		}
	}

	return known;
};

const readAll = async (context: Context): Promise<readonly ImageItem[]> => {
	const program = await context.program();
	const listed = decodeImages(await program.json(['image', 'ls', '--format', 'json']), program.architecture);
	const configs = await readConfigurations(program, listed);
	const items = new Map<string, ImageItem>();
	for (const {reference, digest, manifest, image} of listed) {
		const config = configs.get(manifest);
		const whole = config === undefined ? image : parseImage({id: digitsOf(digest)}, config, image.sizeBytes);
		const before = items.get(digest);
		items.set(digest, {
			image: {...before?.image ?? whole, tags: [...before?.image.tags ?? [], ...isHidden(reference) ? [] : [fullName(reference)]]},
			references: [...before?.references ?? [], reference],
			manifest,
		});
	}

	const shown = items.values().filter(({references}) => !references.every(reference => reference.startsWith(givenRepository))).toArray();
	const parents = new Map(withParents(shown.map(({image}) => image)).map(image => [image.id, image]));
	return shown.map(item => ({...item, image: parents.get(item.image.id)!}))
		.toSorted((one, other) => other.image.createdAt - one.image.createdAt || one.image.id.localeCompare(other.image.id));
};

/** All images; as they were at most so long ago, unless this engine has changed one since. */
export const readImagesWithin = async (context: Context, maxAgeMs: number): Promise<readonly ImageItem[]> =>
	context.lists.images.read(async () => readAll(context), maxAgeMs);

/** All images, newest first, each with all its names. */
export const readImages = async (context: Context): Promise<readonly ImageItem[]> => readImagesWithin(context, 0);

export const findImageItem = (items: readonly ImageItem[], reference: string): Found & ImageItem => {
	const found = find(items.map(({image}) => image), reference);
	return {...items.find(({image}) => image.id === found.image.id)!, ...found};
};

/** Gives an image a name; the image that has it stays, without it. */
export const takeTag = async (context: Context, items: readonly ImageItem[], reference: string, name: string): Promise<void> => {
	const program = await context.program();
	const holder = items.find(({image}) => image.tags.includes(name));
	const isLast = holder?.image.tags.length === 1 && !holder.references.some(other => other.startsWith(namelessRepository));
	if (isLast && !holder.references.includes(reference)) {
		await program.run(['image', 'tag', name, `${namelessRepository}:${digitsOf(holder.image.id)}`]);
	}

	await program.run(['image', 'tag', reference, name]);
};
