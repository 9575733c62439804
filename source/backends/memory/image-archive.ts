import {Readable} from 'node:stream';
import {pack} from 'tar-stream';
import type {Engine} from '../../engine/engine.js';
import {HolmError, messageOf} from '../../engine/errors.js';
import {familiarName} from '../../rules/images/reference.js';
import type {Progress} from '../../engine/resources.js';
import {findImage, releaseTag} from './image-store.js';
import {readImages} from './load-images.js';
import {writeImages} from './save-images.js';
import {publish, type ImageRecord, type State} from './state.js';

type Verbs = Pick<Engine, 'saveImages' | 'loadImages'>;

export const imageArchiveVerbs = (state: State): Verbs => ({
	async saveImages(references) {
		state.settle();
		const images = new Map<ImageRecord, string[]>();
		for (const reference of references) {
			const {record, name} = findImage(state, reference);
			const tags = images.get(record) ?? [];
			images.set(record, [...new Set([...tags, ...name === undefined ? [] : [name]])]);
		}

		if (images.size === 0) {
			throw new HolmError('invalid', 'no image was named to save', {remedy: 'name one or more'});
		}

		const archive = pack();
		writeImages(images, archive).catch((error: unknown) => {
			archive.destroy(error instanceof Error ? error : new Error(messageOf(error)));
		});
		for (const {image} of images.keys()) {
			publish(state, 'image', 'save', image.id, {name: image.tags[0] === undefined ? image.id : familiarName(image.tags[0])});
		}

		return Readable.from(archive, {objectMode: false});
	},
	async * loadImages(tar): AsyncGenerator<Progress, void> {
		// All of it is read before any of it is there.
		const read = await readImages(tar, state.now);
		for (const {record: {image, files}, tags} of read) {
			const record = state.images.get(image.id) ?? {image, files};
			state.images.set(image.id, record);
			for (const tag of tags) {
				releaseTag(state, tag);
				record.image = {...record.image, tags: [...record.image.tags, tag]};
			}

			publish(state, 'image', 'load', image.id, {name: tags[0] === undefined ? image.id : familiarName(tags[0])});
			for (const tag of tags) {
				yield {text: `Loaded image: ${familiarName(tag)}\n`};
			}

			if (tags.length === 0) {
				yield {text: `Loaded image ID: ${image.id}\n`};
			}
		}
	},
});
