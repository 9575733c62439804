import type {Progress} from '../../engine/resources.js';
import type {TransferVerbs} from '../../engine/transfer.js';
import {HolmError} from '../../engine/errors.js';
import {assertChanges} from '../../rules/images/committed-image.js';
import {familiarName, tagName} from '../../rules/images/reference.js';
import {assertOwnPlatform} from './platform.js';
import {publish, type Context} from './context.js';

export const transferVerbs = (context: Context): TransferVerbs => {
	const {images} = context;

	/** Publishes an event once all steps are done. */
	async function * announcing(steps: AsyncIterable<Progress>, action: string, reference: string): AsyncGenerator<Progress, void> {
		yield * steps;
		const name = familiarName(reference);
		publish(context, {type: 'image', action, id: name, attributes: {name}});
	}

	return {
		pullImage: (reference, options) => announcing(images.pull(reference, options), 'pull', reference),
		pushImage: (reference, options) => announcing(images.push(reference, options), 'push', reference),
		registryImage: images.inRegistry,
		saveImages: images.save,
		loadImages: images.load,
		async importImage(tar, options = {}) {
			const {tag, changes = [], platform} = options;
			assertOwnPlatform(platform);

			const name = tag === undefined ? undefined : tagName(tag);
			assertChanges(changes);
			const id = await images.import(tar, options);
			if (name !== undefined) {
				await images.tag(id, name);
			}

			publish(context, {type: 'image', action: 'import', id, attributes: {name: name === undefined ? id : familiarName(name)}});
			return {id};
		},
		checkCredentials: images.checkCredentials,
	};
};
