import type {Readable} from 'node:stream';
import type {Progress} from '../../../engine/resources.js';
import {assertContains, assertPlatform} from '../../../rules/images/platform.js';
import {familiarName, tagName} from '../../../rules/images/reference.js';
import {newId, publish, type Context} from '../context.js';
import {textOf} from '../decode/lenient.js';
import {loadDockerArchive} from '../docker-archive.js';
import {nameImage} from '../images.js';
import {layersOf, readLayout, unpackLayout, writeLayout, type LayoutImage} from '../layout.js';
import {unlimited} from '../program.js';
import {createSpool, withFileThere} from '../spool.js';

/** Names that an archive gives its images, as Docker's rules have them. */
const tagsOf = ({names}: LayoutImage): readonly string[] => names.flatMap(name => {
	try {
		const full = tagName(name);
		return full.startsWith('holm.local/') ? [] : [full];
	} catch {
		return [];
	}
});

/** Loads the images of an archive. */
export async function * loadImages(
	context: Context,
	tar: Readable,
	{platform}: {readonly platform?: string} = {},
): AsyncGenerator<Progress, void> {
	tar.on('error', () => undefined);
	if (platform !== undefined) {
		assertPlatform(platform);
	}

	const program = await context.program();
	await using spool = await createSpool();
	const files = await unpackLayout(tar, spool);
	const loaded = files.has('index.json') ? await readLayout(files, program.architecture) : await loadDockerArchive(files, spool);
	for (const image of platform === undefined ? [] : loaded) {
		assertContains([`${textOf(image.config.os)}/${textOf(image.config.architecture)}`], tagsOf(image), platform!);
	}

	for (const image of loaded) {
		const name = `holm.local/loaded:${newId().slice(0, 16)}`;
		const tags = tagsOf(image);
		await writeLayout({config: image.config, layers: layersOf(image), name}, spool.path('load.tar'));
		const {id} = await context.inTurn(async () => {
			await withFileThere(program, spool.path('load.tar'), async file => {
				await program.run(['image', 'load', '-i', file], unlimited);
			});
			return nameImage(context, name, tags);
		});
		publish(context, {type: 'image', action: 'load', id, attributes: {name: tags[0] === undefined ? id : familiarName(tags[0])}});
		yield * tags.length === 0 ? [{text: `Loaded image ID: ${id}\n`}] : tags.map(tag => ({text: `Loaded image: ${familiarName(tag)}\n`}));
	}
}
