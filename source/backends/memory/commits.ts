import type {CommitsVerbs} from '../../engine/commits.js';
import {familiarName, tagName} from '../../rules/images/reference.js';
import {assertChanges, committedConfiguration} from '../../rules/images/committed-image.js';
import {findContainer} from '../../rules/find-resource.js';
import {parseDockerfile} from './build/dockerfile.js';
import {carryOut, type BuildContext, type Stage} from './build/stage.js';
import {bytesBeyond} from './file-node.js';
import {createFileTree} from './file-tree.js';
import {deriveImage} from './image-store.js';
import {publish, publishOf, type State} from './state.js';

/** What instructions that only change the configuration have to work with. */
const emptyContext = (state: State): BuildContext => ({
	files: createFileTree(state.now), buildArguments: {}, globals: new Map(), filesOf: () => createFileTree(state.now), run: async () => 0, print: () => undefined,
});

export const commitsVerbs = (state: State): CommitsVerbs => ({
	async commitContainer(reference, {tag, author = '', comment = '', changes = []} = {}) {
		state.settle();
		const record = findContainer(state.containers, reference);
		const {container, files, original} = record;
		const tags = tag === undefined ? [] : [tagName(tag)];
		assertChanges(changes);
		const base = state.images.get(container.imageId)!;
		const stage: Stage = {
			name: undefined,
			base,
			// Without what is mounted.
			files: createFileTree(state.now, files.root()),
			configuration: committedConfiguration(container, base.image.configuration),
			history: [{
				createdBy: ['commit', ...container.process.arguments].join(' '), bytes: bytesBeyond(files.root(), original), digest: state.random.hex(16),
			}],
			arguments: new Map(),
			shell: ['/bin/sh', '-c'],
		};
		for (const instruction of changes.length > 0 ? parseDockerfile(changes.join('\n')) : []) {
			await carryOut(stage, instruction, emptyContext(state));
		}

		const {image} = deriveImage(state, base, {
			tags, createdAt: state.now(), configuration: stage.configuration, history: stage.history, files: stage.files, comment,
		});
		publishOf(state, record, 'commit', {imageID: image.id, ...tags[0] !== undefined && {imageRef: tags[0]}, ...comment !== '' && {comment}, ...author !== '' && {author}});
		for (const name of tags) {
			publish(state, 'image', 'tag', image.id, {name: familiarName(name)});
		}

		return {id: image.id};
	},
});
