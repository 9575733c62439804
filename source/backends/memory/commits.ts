import type {CommitsVerbs} from '../../engine/commits.js';
import {tagName} from '../../rules/images/reference.js';
import {committedConfiguration} from '../../rules/images/committed-image.js';
import {findContainer} from '../../rules/find-resource.js';
import {applyChanges, type Stage} from './build/stage.js';
import {deriveImage, publishTags} from './image-store.js';
import {publishOf, type State} from './state.js';

export const commitsVerbs = (state: State): CommitsVerbs => ({
	async commitContainer(reference, {tag, author = '', comment = '', changes = []} = {}) {
		const record = findContainer(state.containers, reference);
		const {container, files} = record;
		const tags = tag === undefined ? [] : [tagName(tag)];
		const base = state.images.get(container.imageId)!;
		const stage: Stage = {
			// Without what is mounted.
			files: files.fork(),
			configuration: committedConfiguration(container, base.image.configuration),
			history: [{createdBy: ['commit', ...container.process.arguments].join(' '), bytes: files.bytes()}],
			arguments: new Map(),
		};
		await applyChanges(stage, changes);

		const image = deriveImage(state, base.image, {...stage, tags, author, comment});
		publishOf(state, record, 'commit', {imageID: image.id, ...tags[0] !== undefined && {imageRef: tags[0]}, ...comment !== '' && {comment}, ...author !== '' && {author}});
		publishTags(state, image.id, tags);
		return {id: image.id};
	},
});
