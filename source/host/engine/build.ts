import type {BuildVerbs} from '../../engine/build.js';
import type {Progress} from '../../engine/resources.js';
import {build} from '../images/build.js';
import {unpackContext} from '../images/context.js';
import {publish, type Context} from './context.js';

export const buildVerbs = (context: Context): BuildVerbs => ({
	async * buildImage(tar, options): AsyncGenerator<Progress, void> {
		const directory = await context.images.buildah.scratch();
		try {
			await unpackContext(tar, directory);
			for await (const step of build(context.images.buildah, directory, options)) {
				const id = step.imageId === undefined ? undefined : `sha256:${step.imageId.replace('sha256:', '')}`;
				yield id === undefined ? step : {...step, imageId: id};
				if (id !== undefined) {
					for (const tag of options.tags) {
						publish(context, {type: 'image', action: 'tag', id, attributes: {name: tag}});
					}
				}
			}
		} finally {
			await context.images.buildah.removeScratch(directory);
		}
	},
});
