import {readdir} from 'node:fs/promises';
import {HolmError} from '../../engine/errors.js';
import type {Engine} from '../../engine/engine.js';
import type {Progress} from '../../engine/resources.js';
import {build} from '../images/build.js';
import {unpackContext} from '../images/context.js';
import {familiarName} from '../../rules/images/reference.js';
import {imageFilter} from './image-filter.js';
import {publish, type Context} from './context.js';

const usersOf = ({containers}: Context, imageId: string) => containers.values().map(({container}) => container).filter(container => container.imageId === imageId).toArray();

type ImageVerbs = Pick<Engine, 'images' | 'image' | 'pullImage' | 'pushImage' | 'buildImage' | 'tagImage' | 'removeImage' | 'saveImages' | 'loadImages' | 'pruneImages' | 'checkCredentials'>;

export const createImageVerbs = (context: Context): ImageVerbs => {
	const {images, disks, paths} = context;

	/** What a verb does, and then the event that it has happened. */
	async function * announcing(steps: AsyncIterable<Progress>, action: string, name: () => string | undefined): AsyncGenerator<Progress, void> {
		yield * steps;
		const id = name();
		if (id !== undefined) {
			publish(context, 'image', action, id, {name: id});
		}
	}

	async function * buildImage(tar: Parameters<Engine['buildImage']>[0], options: Parameters<Engine['buildImage']>[1]): AsyncGenerator<Progress, void> {
		const directory = await images.buildah.scratch();
		try {
			await unpackContext(tar, directory);
			for await (const step of build(images.buildah, directory, options)) {
				const id = step.imageId === undefined ? undefined : `sha256:${step.imageId.replace('sha256:', '')}`;
				yield id === undefined ? step : {...step, imageId: id};
				if (id !== undefined) {
					for (const tag of options.tags) {
						publish(context, 'image', 'tag', id, {name: tag});
					}
				}
			}
		} finally {
			await images.buildah.removeScratch(directory);
		}
	}

	return {
		async images({all = false, filters = {}} = {}) {
			const [shown, whole] = await Promise.all([images.list({all}), images.list({all: true})]);
			return shown.filter(imageFilter(filters, whole, Date.now()));
		},
		image: images.get,
		pullImage: (reference, options) => announcing(images.pull(reference, options), 'pull', () => familiarName(reference)),
		pushImage: (reference, options) => announcing(images.push(reference, options), 'push', () => familiarName(reference)),
		buildImage,
		async tagImage(reference, tag) {
			await images.tag(reference, tag);
			const {id} = await images.get(tag);
			publish(context, 'image', 'tag', id, {name: tag});
		},
		removeImage: async (reference, options = {}) => context.registry(async () => {
			const image = await images.get(reference);
			const users = usersOf(context, image.id);
			const isLastName = image.tags.length <= 1 || /^(?:sha256:)?[\da-f]+$/v.test(reference);
			if (users.length > 0 && isLastName) {
				const names = users.map(({name}) => name).join(', ');
				throw new HolmError('conflict', `conflict: unable to remove image "${familiarName(image.tags[0] ?? image.id)}": it is used by ${users.length > 1 ? 'containers' : 'container'} ${names}`, {remedy: `remove ${users.length > 1 ? 'them' : 'it'} first: holm rm ${users.map(({name}) => name).join(' ')}`});
			}

			const removed = await images.remove(reference, options);
			for (const name of removed.untagged) {
				publish(context, 'image', 'untag', image.id, {name});
			}

			for (const id of removed.deleted) {
				await disks.remove(id);
				publish(context, 'image', 'delete', id, {name: id});
			}

			return removed;
		}),
		saveImages: images.save,
		loadImages: tar => images.load(tar),
		pruneImages: async ({all = false, filters = {}} = {}) => context.registry(async () => {
			const {dangling, ...others} = filters;
			const whole = await images.list({all: true});
			const isWanted = imageFilter(others, whole, Date.now());
			const isAll = all || dangling?.some(value => ['false', '0'].includes(value)) === true;
			const inUse = new Set([
				...context.containers.values().map(({container}) => container.imageId),
				...whole.filter(image => !isWanted(image)).map(({id}) => id),
			]);
			const pruned = await images.prune({all: isAll, inUse: [...inUse]});
			const left = await images.list({all: true});
			const recorded = await readdir(paths.containers);
			// A container whose record was set aside cannot say which disk its own is the difference from.
			const isKnown = recorded.every(id => context.containers.has(id));
			for (const id of isKnown ? await disks.list() : []) {
				if (left.every(image => image.id !== id)) {
					await disks.remove(id);
				}
			}

			return pruned;
		}),
		checkCredentials: images.checkCredentials,
	};
};
