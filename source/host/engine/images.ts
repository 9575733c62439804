import {readdir} from 'node:fs/promises';
import {HolmError} from '../../engine/errors.js';
import type {ImagesVerbs} from '../../engine/images.js';
import {assertProvides} from '../../rules/images/platform.js';
import {familiarName} from '../../rules/images/reference.js';
import {imageFilter} from '../../rules/images/image-filter.js';
import {publish, type Context} from './context.js';

const usersOf = ({containers}: Context, imageId: string) => containers.values()
	.map(({container}) => container)
	.filter(container => container.imageId === imageId)
	.toArray();

export const imagesVerbs = (context: Context): ImagesVerbs => {
	const {images, disks, paths} = context;

	return {
		async images({all = false, filters = {}} = {}) {
			const [shown, whole] = await Promise.all([images.list({all}), images.list({all: true})]);
			return shown.filter(imageFilter(filters, whole, Date.now()));
		},
		image: images.get,
		async tagImage(reference, tag) {
			await images.tag(reference, tag);
			const {id} = await images.get(tag);
			publish(context, {type: 'image', action: 'tag', id, attributes: {name: tag}});
		},
		removeImage: async (reference, options = {}) => context.registry(async () => {
			const image = await images.get(reference);
			assertProvides(image, reference, options.platforms ?? []);
			const users = usersOf(context, image.id);
			const isLastName = image.tags.length <= 1 || /^(?:sha256:)?[\da-f]+$/v.test(reference);
			if (users.length > 0 && isLastName) {
				const names = users.map(({name}) => name).join(', ');
				throw new HolmError('conflict', `conflict: unable to remove image "${familiarName(image.tags[0] ?? image.id)}": it is used by ${users.length > 1 ? 'containers' : 'container'} ${names}`, {remedy: `remove ${users.length > 1 ? 'them' : 'it'} first: holm rm ${users.map(({name}) => name).join(' ')}`});
			}

			const removed = await images.remove(reference, options);
			for (const name of removed.untagged) {
				publish(context, {type: 'image', action: 'untag', id: image.id, attributes: {name}});
			}

			for (const id of removed.deleted) {
				await disks.remove(id);
				publish(context, {type: 'image', action: 'delete', id, attributes: {name: id}});
			}

			return removed;
		}),
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
			// The disk of a container whose record was set aside may be based on any base disk.
			const isKnown = recorded.every(id => context.containers.has(id));
			for (const id of isKnown ? await disks.list() : []) {
				if (left.every(image => image.id !== id)) {
					await disks.remove(id);
				}
			}

			return pruned;
		}),
	};
};
