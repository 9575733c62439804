import {Buffer} from 'node:buffer';
import {createWriteStream} from 'node:fs';
import path from 'node:path';
import {pipeline} from 'node:stream/promises';
import {HolmError} from '../../engine/errors.js';
import type {CommitsVerbs} from '../../engine/commits.js';
import {assertChanges, committedConfiguration} from '../../rules/images/committed-image.js';
import {guestPaths} from '../containers/bundle.js';
import {commitImage} from '../images/commit.js';
import {familiarName, tagName} from '../../rules/images/reference.js';
import type {Agent} from '../machines/ssh/agent.js';
import {patienceRemedy, silenceLimitMs, within} from '../machines/patience.js';
import {createCompare} from './compare.js';
import {findContainer} from './find.js';
import type {VerbContext} from './verb-context.js';
import {
	changedWhileRead,
	onPlainDisk,
	openOutput,
	packCommand,
	type WithFiles,
} from './files.js';
import {markFrozen} from './frozen.js';
import {
	isLive,
	publish,
	publishContainer,
	type Entry,
	type Context,
} from './context.js';

const freezer = `/sys/fs/cgroup${guestPaths.cgroup}/cgroup.freeze`;

const silent = () => new HolmError('unavailable', 'the guest does not answer', {remedy: patienceRemedy});

/** Freezes the processes of a container. Resolves with the function that thaws them; they also thaw if the engine ends. */
const freeze = async ({open}: Agent): Promise<() => Promise<void>> => {
	const {channel, status} = await open(`if echo 1 >${freezer}; then echo frozen; cat >/dev/null; echo 0 >${freezer}; fi`);
	channel.stderr.resume();
	channel.on('error', () => undefined);
	const isFrozen = await within(Promise.race([
		new Promise<boolean>(resolve => {
			channel.once('data', () => {
				resolve(true);
			});
		}),
		status.then(() => false),
	]), silenceLimitMs(), silent);
	channel.resume();
	if (!isFrozen) {
		throw new HolmError('conflict', 'the container has ended');
	}

	return async () => {
		channel.end();
		await within(status, silenceLimitMs(), silent);
	};
};

/** Packs the given paths without their children; skips paths that have vanished. */
const layerCommand = onPlainDisk(`exec ${packCommand('--no-recursion --ignore-failed-read')}`);

export const commitsVerbs = (context: VerbContext): CommitsVerbs => {
	const compare = createCompare(context);

	return {
		async commitContainer(reference, options = {}) {
			const {tag, author = '', comment = '', changes = [], pause = true} = options;
			const entry = findContainer(context, reference);
			const {container} = entry;
			const name = tag === undefined ? undefined : tagName(tag);
			assertChanges(changes);
			const {buildah} = context.images;
			const id = await buildah.inScratch(async work => {
				const layer = path.join(work, 'layer.tar');
				const {base, removed} = await context.withFiles(entry, async ({agent}) => {
					const isPaused = pause && isLive(entry);
					const release = isPaused ? markFrozen(entry) : undefined;
					let thaw: (() => Promise<void>) | undefined;
					try {
						thaw = isPaused ? await freeze(agent) : undefined;
						const base = await context.images.get(container.imageId);
						const {changes: fileChanges, replaced} = await compare(entry, agent);
						const present = fileChanges.filter(({kind}) => kind !== 'deleted').map(change => `.${change.path}\0`);
						const deleted = fileChanges.filter(({kind}) => kind === 'deleted').map(change => change.path);
						const tar = await openOutput(agent, layerCommand, `the files of container ${container.name}`, {accept: [changedWhileRead], input: Buffer.from(present.join(''), 'latin1')});
						await pipeline(tar, createWriteStream(layer, {mode: 0o600}));
						return {result: {base, removed: [...deleted, ...replaced]}};
					} finally {
						try {
							await thaw?.();
						} finally {
							release?.();
						}
					}
				});
				return commitImage(buildah, {
					base, removed, layer, changes, author, comment, configuration: committedConfiguration(container, base.configuration),
				});
			});
			publishContainer(context, entry, 'commit', {imageID: id, ...name !== undefined && {imageRef: name}, ...comment !== '' && {comment}});
			if (name !== undefined) {
				await context.images.tag(id, name);
				publish(context, {type: 'image', action: 'tag', id, attributes: {name: familiarName(name)}});
			}

			return {id};
		},
	};
};
