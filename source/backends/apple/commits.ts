import type {CommitsVerbs} from '../../engine/commits.js';
import {committedConfiguration} from '../../rules/images/committed-image.js';
import {tagName} from '../../rules/images/reference.js';
import {publishOf, type Context} from './context.js';
import {openImage, packChanges, readChanges} from './file-systems.js';
import {findImageItem, readImages} from './image-listing.js';
import {withChanges} from './image-config.js';
import {readItem} from './listing.js';
import {makeImage} from './new-image.js';
import {createSpool} from './spool.js';

export const commitsVerbs = (context: Context): CommitsVerbs => ({
	async commitContainer(reference, {tag, author = '', comment = '', changes: instructions = []} = {}) {
		return context.inTurn(async () => {
			const item = await readItem(context, reference);
			const tags = tag === undefined ? [] : [tagName(tag)];
			const {image, references} = findImageItem(await readImages(context), item.container.imageId);
			const configuration = await withChanges(committedConfiguration(item.container, image.configuration), instructions);
			await using spool = await createSpool();
			const {changes, tree} = await readChanges(context, item, spool.path('export.tar'));
			await packChanges(spool.path('export.tar'), changes, tree, spool.path('layer.tar'));
			const {id} = await makeImage(context, {
				base: await openImage(context, references[0]!, spool),
				configuration,
				layerFile: spool.path('layer.tar'),
				createdBy: ['commit', ...item.container.process.arguments].join(' '),
				author,
				comment,
				tags,
			}, spool);
			publishOf(
				context,
				item,
				'commit',
				{imageID: id, ...tags[0] !== undefined && {imageRef: tags[0]}, ...comment !== '' && {comment}, ...author !== '' && {author}},
			);
			return {id};
		});
	},
});
