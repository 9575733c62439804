import {HolmError} from '../../engine/errors.js';
import type {ImagesVerbs} from '../../engine/images.js';
import type {Image, Pruned} from '../../engine/resources.js';
import {filterOf, isTrue} from '../../rules/filters.js';
import {imageFilter} from '../../rules/images/image-filter.js';
import {assertProvides} from '../../rules/images/platform.js';
import {familiarName, parseReference, repositoryName, tagName} from '../../rules/images/reference.js';
import {pruneRules} from '../../rules/item-filters.js';
import {publish, type Context} from './context.js';
import {findImageItem, namelessRepository, readImages, takeTag, type ImageItem} from './image-listing.js';
import {readItems, type Item} from './listing.js';

const shortId = (id: string) => id.replace('sha256:', '').slice(0, 12);

const publishUntag = (context: Context, {id}: Image, tags: readonly string[]): readonly string[] => {
	for (const tag of tags) {
		publish(context, {type: 'image', action: 'untag', id, attributes: {name: familiarName(tag)}});
	}

	return tags.map(tag => familiarName(tag));
};

/** Apple's names of an image that mean one of its names. */
const referencesOf = ({references}: ImageItem, name: string): readonly string[] => references.filter(reference => {
	try {
		return tagName(reference) === name;
	} catch {
		return reference === name;
	}
});

const drop = async (context: Context, {image, references}: ImageItem) => {
	const program = await context.program();
	for (const reference of references) {
		await program.run(['image', 'delete', reference]);
	}

	const untagged = publishUntag(context, image, image.tags);
	publish(context, {type: 'image', action: 'delete', id: image.id, attributes: {name: image.id}});
	return {untagged, deleted: [image.id]};
};

/** Throws `conflict` for an image in use: always by a running container, by others unless forced. Apple does not ask. */
const checkUse = (items: readonly Item[], {id}: Image, name: string | undefined, isForced: boolean): void => {
	const users = items.filter(({container}) => container.imageId === id);
	const running = users.find(({container}) => container.status.state === 'running');
	const [user] = running ? [running] : users;
	if (!user || (isForced && !running)) {
		return;
	}

	const reason = name === undefined || isForced
		? `unable to delete ${shortId(id)} (${running ? 'cannot be' : 'must be'} forced)`
		: `unable to remove repository reference "${familiarName(name)}" (must force)`;
	throw new HolmError(
		'conflict',
		`conflict: ${reason} - image is being used by ${running ? 'running' : 'stopped'} container ${shortId(user.id)}`,
		{remedy: `holm rm ${user.name} first`},
	);
};

export const imagesVerbs = (context: Context): ImagesVerbs => ({
	async images({filters = {}} = {}) {
		const images = (await readImages(context)).map(({image}) => image);
		return images.filter(imageFilter(filters, images, Date.now()));
	},
	async image(reference) {
		return findImageItem(await readImages(context), reference).image;
	},
	async tagImage(reference, tag) {
		const name = tagName(tag);
		await context.inTurn(async () => {
			const images = await readImages(context);
			const {image, references} = findImageItem(images, reference);
			if (!image.tags.includes(name)) {
				await takeTag(context, images, references[0]!, name);
			}

			publish(context, {type: 'image', action: 'tag', id: image.id, attributes: {name: familiarName(name)}});
		});
	},
	async removeImage(reference, {force = false, platforms = []} = {}) {
		return context.inTurn(async () => {
			const [images, items] = await Promise.all([readImages(context), readItems(context)]);
			const found = findImageItem(images, reference);
			const {image, name} = found;
			assertProvides(image, reference, platforms);
			const program = await context.program();
			if (name !== undefined && image.tags.length > 1) {
				for (const own of referencesOf(found, name)) {
					await program.run(['image', 'delete', own]);
				}

				return {untagged: publishUntag(context, image, [name]), deleted: []};
			}

			const repositories = new Set(image.tags.map(tag => repositoryName(parseReference(tag))));
			if (name === undefined && !force && image.tags.length > 1) {
				throw new HolmError('conflict', `conflict: unable to delete ${shortId(image.id)} (must be forced) - image is referenced in ${repositories.size > 1 ? 'multiple repositories' : 'one repository by several tags'}: ${image.tags.map(tag => familiarName(tag)).join(', ')}`, {remedy: 'remove the tags one by one, or force it'});
			}

			checkUse(items, image, name, force);
			return drop(context, found);
		});
	},
	async pruneImages({all = false, filters} = {}): Promise<Pruned> {
		return context.inTurn(async () => {
			const {dangling, ...others} = filters ?? {};
			const isAll = all || (dangling ?? []).some(value => !isTrue('dangling', value));
			const isWanted = filterOf(others, pruneRules(({configuration}: Image) => configuration.labels, Date.now()));
			const [images, items] = await Promise.all([readImages(context), readItems(context)]);
			const used = new Set(items.map(({container}) => container.imageId));
			const going = images.filter(({image}) => !used.has(image.id) && (isAll || image.tags.length === 0) && isWanted(image));
			const removed = [];
			for (const item of going) {
				removed.push(await drop(context, item));
			}

			const freedBytes = going.reduce((sum, {image}) => sum + image.sizeBytes, 0);
			publish(context, {type: 'image', action: 'prune', id: '', attributes: {reclaimed: String(freedBytes)}});
			return {
				removed: [
					...removed.flatMap(({untagged}) => untagged).map(name => `untagged: ${name}`),
					...removed.flatMap(({deleted}) => deleted),
				],
				freedBytes,
			};
		});
	},
});

/** Gives an image that was just made or loaded under Apple's name its name in Docker. */
export const nameImage = async (context: Context, reference: string, tags: readonly string[]): Promise<Image> => {
	const program = await context.program();
	for (const tag of tags) {
		await takeTag(context, await readImages(context), reference, tag);
	}

	const {image} = findByReference(await readImages(context), reference);
	if (tags.length > 0 || image.tags.length > 0) {
		await program.run(['image', 'delete', reference]);
	} else {
		await program.run(['image', 'tag', reference, `${namelessRepository}:${image.id.replace('sha256:', '')}`]);
		await program.run(['image', 'delete', reference]);
	}

	for (const tag of tags) {
		publish(context, {type: 'image', action: 'tag', id: image.id, attributes: {name: familiarName(tag)}});
	}

	return findImageItem(await readImages(context), image.id).image;
};

const findByReference = (images: readonly ImageItem[], reference: string): ImageItem => {
	const item = images.find(({references}) => references.includes(reference));
	if (!item) {
		throw new HolmError(
			'internal',
			`Apple's container has no image ${reference} after it was made`,
			{remedy: 'container image ls lists them'},
		);
	}

	return item;
};
