import type {ImagesVerbs} from '../../engine/images.js';
import type {Pruned, Image} from '../../engine/resources.js';
import {HolmError} from '../../engine/errors.js';
import {assertProvides} from '../../rules/images/platform.js';
import {familiarName, parseReference, repositoryName, tagName} from '../../rules/images/reference.js';
import {filterOf, isTrue} from '../../rules/filters.js';
import {imageFilter} from '../../rules/images/image-filter.js';
import {pruneRules} from '../../rules/item-filters.js';
import {
	addTag,
	findImage,
	listImages,
	publishTags,
	releaseTag,
} from './image-store.js';
import {publish, type State} from './state.js';

const shortId = (id: string) => id.replace('sha256:', '').slice(0, 12);

const untag = (state: State, image: Image, tags: readonly string[]): readonly string[] => {
	for (const tag of tags) {
		releaseTag(state, tag);
		publish(state, {type: 'image', action: 'untag', id: image.id, attributes: {name: familiarName(tag)}});
	}

	return tags.map(tag => familiarName(tag));
};

const drop = (state: State, image: Image): {readonly untagged: readonly string[]; readonly deleted: readonly string[]} => {
	const untagged = untag(state, image, image.tags);
	state.images.delete(image.id);
	publish(state, {type: 'image', action: 'delete', id: image.id, attributes: {name: image.id}});
	return {untagged, deleted: [image.id]};
};

/** Throws `conflict` for an image in use: always by a running container, by others unless forced. */
const checkUse = ({containers}: State, image: Image, name: string | undefined, isForced: boolean) => {
	const users = containers.values().filter(({container}) => container.imageId === image.id).toArray();
	const running = users.find(({run}) => run !== undefined);
	const [user] = running ? [running] : users;
	if (!user || (isForced && !running)) {
		return;
	}

	const reason = name === undefined || isForced
		? `unable to delete ${shortId(image.id)} (${running ? 'cannot be' : 'must be'} forced)`
		: `unable to remove repository reference "${familiarName(name)}" (must force)`;
	const container = `${running ? 'running' : 'stopped'} container ${shortId(user.id)}`;
	throw new HolmError('conflict', `conflict: ${reason} - image is being used by ${container}`, {remedy: `holm rm ${user.container.name} first`});
};

export const imagesVerbs = (state: State): ImagesVerbs => ({
	async images({filters = {}} = {}) {
		return listImages(state).filter(imageFilter(filters, listImages(state), state.now()));
	},
	async image(reference) {
		return findImage(state, reference).record.image;
	},
	async tagImage(reference, tag) {
		const name = tagName(tag);
		const {record} = findImage(state, reference);
		if (record.image.tags.includes(name)) {
			return;
		}

		addTag(state, record, name);
		publishTags(state, record.image.id, [name]);
	},
	async removeImage(reference, {force = false, platforms = []} = {}) {
		const {record: {image}, name} = findImage(state, reference);
		assertProvides(image, reference, platforms);
		if (name !== undefined && image.tags.length > 1) {
			return {untagged: untag(state, image, [name]), deleted: []};
		}

		const repositories = new Set(image.tags.map(tag => repositoryName(parseReference(tag))));
		if (name === undefined && !force && image.tags.length > 1) {
			throw new HolmError('conflict', `conflict: unable to delete ${shortId(image.id)} (must be forced) - image is referenced in ${repositories.size > 1 ? 'multiple repositories' : 'one repository by several tags'}: ${image.tags.map(tag => familiarName(tag)).join(', ')}`, {remedy: 'remove the tags one by one, or force it'});
		}

		checkUse(state, image, name, force);
		return drop(state, image);
	},
	async pruneImages({all = false, filters} = {}): Promise<Pruned> {
		const {dangling, ...others} = filters ?? {};
		const isAll = all || (dangling ?? []).some(value => !isTrue('dangling', value));
		const isWanted = filterOf(others, pruneRules(({configuration}: Image) => configuration.labels, state.now()));
		const used = new Set(state.containers.values().map(({container}) => container.imageId));
		const going = listImages(state).filter(image => !used.has(image.id) && (isAll || image.tags.length === 0) && isWanted(image));
		const removed = going.map(image => drop(state, image));
		const freedBytes = going.reduce((sum, {sizeBytes}) => sum + sizeBytes, 0);
		publish(state, {type: 'image', action: 'prune', id: '', attributes: {reclaimed: String(freedBytes)}});
		return {
			removed: [...removed.flatMap(({untagged}) => untagged).map(name => `untagged: ${name}`), ...removed.flatMap(({deleted}) => deleted)],
			freedBytes,
		};
	},
});
