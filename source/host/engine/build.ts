import type {BuildVerbs} from '../../engine/build.js';
import type {Progress} from '../../engine/resources.js';
import {HolmError} from '../../engine/errors.js';
import {build} from '../images/build.js';
import {unpackContext} from '../images/context.js';
import {publish, type Context} from './context.js';
import {ownPlatform, platformName} from './platform.js';

export const buildVerbs = (context: Context): BuildVerbs => ({
	async * buildImage(tar, options): AsyncGenerator<Progress, void> {
		if (options.platform !== undefined && platformName(options.platform) !== ownPlatform()) {
			throw new HolmError('unsupported', `an image for ${JSON.stringify(options.platform.slice(0, 60))} cannot be built on this host: its VMs are ${ownPlatform()}`, {remedy: 'leave out the platform'});
		}

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
