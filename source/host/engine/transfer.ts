import type {Progress} from '../../engine/resources.js';
import type {TransferVerbs} from '../../engine/transfer.js';
import {familiarName} from '../../rules/images/reference.js';
import {publish, type Context} from './context.js';

export const transferVerbs = (context: Context): TransferVerbs => {
	const {images} = context;

	/** What a verb does, and then the event that it has happened. */
	async function * announcing(steps: AsyncIterable<Progress>, action: string, name: () => string | undefined): AsyncGenerator<Progress, void> {
		yield * steps;
		const id = name();
		if (id !== undefined) {
			publish(context, 'image', action, id, {name: id});
		}
	}

	return {
		pullImage: (reference, options) => announcing(images.pull(reference, options), 'pull', () => familiarName(reference)),
		pushImage: (reference, options) => announcing(images.push(reference, options), 'push', () => familiarName(reference)),
		saveImages: images.save,
		loadImages: tar => images.load(tar),
		checkCredentials: images.checkCredentials,
	};
};
