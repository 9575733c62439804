import type {Image, ImageConfiguration} from '../../engine/resources.js';
import {newId, type Context} from './context.js';
import {listOf, membersOf, type Members} from './decode/lenient.js';
import {ociConfig} from './image-config.js';
import {nameImage} from './images.js';
import {layerBlob, layersOf, diffIdsOf, writeLayout, type LayoutImage} from './layout.js';
import {unlimited} from './program.js';
import {withFileThere, type Spool} from './spool.js';

export type NewImageOptions = {
	/** The image below; default none. */
	readonly base?: LayoutImage;
	readonly configuration: ImageConfiguration;
	/** A tar with one more layer. */
	readonly layerFile: string;
	readonly createdBy: string;
	readonly author: string;
	readonly comment: string;
	/** In full. */
	readonly tags: readonly string[];
};

/** Makes an image with one layer more than another has. */
export const makeImage = async (
	context: Context,
	{base, configuration, layerFile, createdBy, author, comment, tags}: NewImageOptions,
	spool: Spool,
): Promise<Image> => {
	const program = await context.program();
	const layer = await layerBlob(layerFile);
	const created = new Date().toISOString();
	const before: Members = base ? membersOf(base.config) : {os: 'linux', architecture: program.architecture};
	const config = {
		...before,
		created,
		...author !== '' && {author},
		...comment !== '' && {comment},
		config: ociConfig(configuration),
		rootfs: {type: 'layers', diff_ids: [...base ? diffIdsOf(base) : [], layer.digest]},
		history: [...listOf(before.history), {created, created_by: createdBy, ...author !== '' && {author}, comment}],
	};
	const name = `holm.local/new:${newId().slice(0, 16)}`;
	await writeLayout({config, layers: [...base ? layersOf(base) : [], layer], name}, spool.path('new-image.tar'));
	await withFileThere(program, spool.path('new-image.tar'), async file => {
		await program.run(['image', 'load', '-i', file], unlimited);
	});
	return nameImage(context, name, tags);
};
