import type {Progress} from '../../engine/resources.js';
import type {TransferVerbs} from '../../engine/transfer.js';
import {familiarName} from '../../rules/images/reference.js';
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
		saveImages: images.save,
		loadImages: tar => images.load(tar),
		checkCredentials: images.checkCredentials,
	};
};
