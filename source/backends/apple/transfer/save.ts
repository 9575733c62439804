import {createReadStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import {PassThrough, type Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {HolmError} from '../../../engine/errors.js';
import {assertProvides} from '../../../rules/images/platform.js';
import {familiarName} from '../../../rules/images/reference.js';
import {publish, type Context} from '../context.js';
import {findImageItem, readImages} from '../image-listing.js';
import {jsonBlob, readLayout, unpackLayout, type LayoutImage} from '../layout.js';
import {packFile} from '../pack-file.js';
import {createSpool, outputOf} from '../spool.js';

/** Beside the layout of the archive, the index of Docker's archives, so that Docker reads it, too. */
const withDockerIndex = async (
	files: ReadonlyMap<string, string>,
	images: readonly LayoutImage[],
	names: ReadonlyMap<string, readonly string[]>,
	file: string,
): Promise<void> => {
	const archive = packFile(file);
	for (const [name, source] of files) {
		if (name !== 'manifest.json') {
			await archive.add({name, size: (await stat(source)).size, mode: 0o444}, createReadStream(source));
		}
	}

	const manifest = [];
	for (const image of images) {
		const config = jsonBlob('', image.config);
		const own = [...files].find(([, source]) => source === image.configFile)?.[0];
		manifest.push({
			Config: own ?? `blobs/sha256/${config.digest.replace('sha256:', '')}`,
			RepoTags: [...new Set(image.names.flatMap(name => names.get(name) ?? []))],
			Layers: image.layers.map(({digest}) => `blobs/sha256/${digest.replace('sha256:', '')}`),
		});
	}

	await archive.add({name: 'manifest.json', mode: 0o444}, JSON.stringify(manifest));
	await archive.finish();
};

/** An archive of images, in both of its forms. */
export const saveImages = async (
	context: Context,
	references: readonly string[],
	{platform}: {readonly platform?: string} = {},
): Promise<Readable> => {
	const program = await context.program();
	const images = await readImages(context);
	const wanted = references.map(reference => ({reference, item: findImageItem(images, reference)}));
	for (const {reference, item} of wanted) {
		assertProvides(item.image, reference, platform === undefined ? [] : [platform], 'no suitable export target found');
	}

	if (wanted.length === 0) {
		throw new HolmError('invalid', 'no image was named to save', {remedy: 'name one or more'});
	}

	const names = new Map(wanted.map(({item}) => [
		item.name ?? item.references[0]!,
		item.name === undefined ? item.image.tags.map(tag => familiarName(tag)) : [familiarName(item.name)],
	]));
	const spool = await createSpool();
	const tar = await outputOf(
		program,
		['image', 'save', '--platform', platform ?? `linux/${program.architecture}`, ...new Set(names.keys())],
	);
	const files = await unpackLayout(tar, spool);
	await withDockerIndex(files, await readLayout(files, program.architecture), names, spool.path('saved.tar'));
	for (const {item} of wanted) {
		publish(context, {
			type: 'image',
			action: 'save',
			id: item.image.id,
			attributes: {name: familiarName(item.image.tags[0] ?? item.image.id.replace('sha256:', ''))},
		});
	}

	const output = new PassThrough();
	pipeline(createReadStream(spool.path('saved.tar')), output).catch(() => undefined).finally(() => {
		void spool[Symbol.asyncDispose]();
	});
	return output;
};
