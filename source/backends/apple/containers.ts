import {HolmError} from '../../engine/errors.js';
import type {ContainersVerbs} from '../../engine/containers.js';
import type {Container, Image} from '../../engine/resources.js';
import {withoutLink} from '../../rules/containers/links.js';
import {filterOf, type Matcher} from '../../rules/filters.js';
import {containerRules, pruneRules} from '../../rules/item-filters.js';
import {held, liveOf, publish, publishOf, type Context} from './context.js';
import {claimName, createContainer} from './creation.js';
import {findImageItem, readImages, readRoot, type ImageItem} from './image-listing.js';
import {findItem, readItem, readItems, updateState, type Item} from './listing.js';
import {removeItem} from './runs/remove.js';

/** Matches containers of an image or of one built on it. */
const ancestorOf = (images: readonly ImageItem[]): Matcher<Container> => value => {
	let wanted: Image;
	try {
		wanted = findImageItem(images, value).image;
	} catch {
		return ({configuration}) => configuration.image === value;
	}

	return ({imageId}) => {
		const image = images.find(item => item.image.id === imageId)?.image;
		return imageId === wanted.id || (wanted.layers.length > 0 && wanted.layers.every((layer, index) => image?.layers[index] === layer));
	};
};

const isLive = ({status: {state}}: Container) => state !== 'created' && state !== 'exited';

/** Bytes on the disk of the host, of each container by Apple's name. */
export const sizesOf = async (context: Context, items: readonly Item[]): Promise<ReadonlyMap<string, number>> => {
	const program = await context.program();
	const {stdout} = await program.shell(
		'cd "$1/containers" 2>/dev/null || exit 0; shift; for d; do [ -e "$d" ] && du -sk "$d"; done',
		[await readRoot(program), ...items.map(({apple}) => apple.id)],
	);
	return new Map(stdout.toString().split('\n').map(line => {
		const [kibibytes = '0', name = ''] = line.split('\t');
		return [name, Number(kibibytes) * 1024] as const;
	}));
};

const withSizes = async (context: Context, items: readonly Item[]): Promise<readonly Container[]> => {
	const sizes = await sizesOf(context, items);
	return items.map(({apple, container}) => ({...container, diskBytes: sizes.get(apple.id) ?? 0}));
};

export const containersVerbs = (context: Context): ContainersVerbs => ({
	async containers({all = false, filters, size} = {}) {
		const isNeedsImages = (filters?.ancestor?.length ?? 0) > 0;
		const [items, images] = await Promise.all([readItems(context), isNeedsImages ? readImages(context) : []]);
		const isWanted = filterOf<Container>(filters, containerRules({
			ancestor: ancestorOf(images),
			// The oldest has the lowest position.
			positionOf: reference => items.length - items.indexOf(findItem(items, reference)),
		}));
		const isAll = all || ['status', 'exited'].some(key => (filters?.[key]?.length ?? 0) > 0);
		const wanted = items.filter(({container}) => (isAll || isLive(container)) && isWanted(container));
		return size ? withSizes(context, wanted) : wanted.map(({container}) => container);
	},
	async container(reference, {size} = {}) {
		const item = await readItem(context, reference);
		const [container] = size ? await withSizes(context, [item]) : [item.container];
		return container!;
	},
	async createContainer(configuration) {
		return context.inTurn(async () => createContainer(context, configuration));
	},
	async renameContainer(reference, given) {
		if (given === '') {
			throw new HolmError('invalid', 'Neither old nor new names may be empty', {remedy: 'give a new name'});
		}

		await context.inTurn(async () => {
			const items = await readItems(context);
			const item = findItem(items, reference);
			if (given.replace(/^\//v, '') === item.name) {
				throw new HolmError(
					'invalid',
					`Renaming a container with the same name as its current name: ${item.name}`,
					{remedy: 'give another name'},
				);
			}

			const name = claimName(items, given);
			await updateState(context, item, {name});
			publishOf(context, {container: {...item.container, name}}, 'rename', {oldName: `/${item.name}`});
		});
	},
	async removeLink(reference, alias) {
		await context.inTurn(async () => {
			const item = await readItem(context, reference);
			await updateState(context, item, {links: withoutLink(item.container, alias)});
		});
	},
	async removeContainer(reference, {force = false, volumes = false} = {}) {
		await context.inTurn(async () => {
			const item = await readItem(context, reference);
			const {status: {state}} = item.container;
			if (isLive(item.container) && !force) {
				throw new HolmError(
					'conflict',
					`cannot remove container "${item.name}": container is ${state}: stop the container before removing or force remove`,
					{remedy: `holm stop ${item.name}, or holm rm --force ${item.name}`},
				);
			}

			const live = liveOf(context, item.id);
			live.isStopped = true;
			if (state === 'running') {
				const program = await context.program();
				if (live.run) {
					live.run.isKilled = true;
					publishOf(context, item, 'kill', {signal: '9'});
					await program.attempt(['kill', '-s', '9', item.apple.id]);
					await held(async () => live.run?.over);
				}
			}

			if (!live.isRemoved) {
				await removeItem(context, item, {volumes});
			}
		});
	},
	async pruneContainers(filters) {
		return context.inTurn(async () => {
			const isWanted = filterOf(filters, pruneRules(({configuration}: Container) => configuration.labels, Date.now()));
			const items = await readItems(context);
			const going = items.filter(({container}) => !isLive(container) && isWanted(container));
			const sizes = await sizesOf(context, going);
			for (const item of going) {
				await removeItem(context, item, {volumes: false});
			}

			const freedBytes = going.reduce((sum, {apple}) => sum + (sizes.get(apple.id) ?? 0), 0);
			publish(context, {type: 'container', action: 'prune', id: '', attributes: {reclaimed: String(freedBytes)}});
			return {removed: going.map(({id}) => id), freedBytes};
		});
	},
});
