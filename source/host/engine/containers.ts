import {HolmError} from '../../engine/errors.js';
import type {ContainersVerbs} from '../../engine/containers.js';
import type {Container, Filters, Image} from '../../engine/resources.js';
import {filterOf} from '../../rules/filters.js';
import {withoutLink} from '../../rules/containers/links.js';
import {containerRules, pruneRules} from '../../rules/item-filters.js';
import {createContainer, discardContainer, renameContainer} from './creation.js';
import {writtenBytesOf} from './disk-usage.js';
import {findContainer} from './find.js';
import {socketWarnings} from './mounts.js';
import {
	isActive,
	isLive,
	saveContainer,
	usersContainers,
	waitForCleanup,
	type Context,
	type Entry,
} from './context.js';
import {assertAllowed} from './phases.js';
import type {VerbContext} from './verb-context.js';

const sigkill = 9;

/** Removes a stopped container: its helper machine, its exec instances, its files. */
export const removeStopped = async (
	context: Context & Pick<VerbContext, 'helpers' | 'execs'>,
	entry: Entry,
	options: {readonly volumes: boolean},
): Promise<void> => {
	await context.helpers.abandon(entry);
	await discardContainer(context, entry, options);
	context.execs.forget(entry.container.id);
};

const newestFirst = (entries: readonly Entry[]) => entries.toSorted((one, other) => other.container.createdAt - one.container.createdAt);

/** All containers of users, running or not, newest first. */
export const listContainers = (context: Context): readonly Container[] =>
	newestFirst(usersContainers(context)).map(({container}) => container);

export const containersVerbs = (context: VerbContext): ContainersVerbs => {
	const {networking, supervisor, helpers} = context;
	const find = (reference: string) => findContainer(context, reference);

	const withSize = async (entry: Entry): Promise<Container> => ({...entry.container, diskBytes: await writtenBytesOf(context, entry)});

	const killMachines = async (entry: Entry, by: string | undefined) => {
		entry.isStoppedByUser = true;
		entry.endRequest = {kind: 'request', verb: 'remove', signal: sigkill, by, at: Date.now()};
		await Promise.all([helpers.abandon(entry), supervisor.kill(entry)]);
	};

	/** Removes a stopped container. The caller must hold its queue. */
	const removeNow = async (entry: Entry, options: {readonly volumes: boolean}) => {
		const {container, isBeingRemoved} = entry;
		if (!context.containers.has(container.id)) {
			return;
		}

		if (!isBeingRemoved) {
			assertAllowed('remove', entry);
		}

		supervisor.cancelRestart(entry);
		await waitForCleanup(entry);
		if (context.containers.has(container.id)) {
			await removeStopped(context, entry, options);
		}
	};

	const containersOf = async (filters: Filters) => {
		const images = filters.ancestor ? await context.images.list({all: true}) : [];
		const ancestors = new Map(await Promise.all((filters.ancestor ?? []).map(async reference => {
			const image = await context.images.get(reference).catch(() => undefined);
			return [reference, image] as const;
		})));
		// Creation order, also of containers created in the same millisecond.
		const ids = [...context.containers.keys()];
		const matches = filterOf(filters, containerRules({
			positionOf: reference => ids.indexOf(find(reference).container.id),
			ancestor(reference) {
				const image = ancestors.get(reference);
				// Images built on it begin with its layers.
				const isDescendant = ({layers}: Image) => image?.layers.every((layer, index) => layers[index] === layer) ?? false;
				const descendants = new Set(images.filter(other => isDescendant(other)).map(({id}) => id));
				return ({imageId}) => descendants.has(imageId);
			},
		}));
		return usersContainers(context).filter(({container}) => matches(container));
	};

	return {
		async containers({all = false, filters = {}, size = false} = {}) {
			const isEvery = all || filters.status !== undefined || filters.exited !== undefined;
			const entries = await containersOf(filters);
			const shown = newestFirst(entries.filter(entry => isEvery || isActive(entry)));
			return size ? Promise.all(shown.map(async entry => withSize(entry))) : shown.map(({container}) => container);
		},
		async container(reference, {size = false} = {}) {
			const entry = find(reference);
			return size ? withSize(entry) : entry.container;
		},
		async createContainer(configuration) {
			const {container: {id}} = await createContainer(context, configuration);
			return {id, warnings: await socketWarnings(context, configuration.mounts)};
		},
		async renameContainer(reference, name) {
			const entry = find(reference);
			await renameContainer(context, entry, name);
			if (isLive(entry)) {
				await networking.refreshNames();
			}
		},
		async removeLink(reference, alias) {
			const entry = find(reference);
			await entry.queue(async () => {
				const before = entry.container;
				entry.container = {...before, configuration: {...before.configuration, links: withoutLink(before, alias)}};
				try {
					await saveContainer(context, entry);
				} catch (error) {
					entry.container = before;
					throw error;
				}

				await networking.refreshNames();
			});
		},
		async removeContainer(reference, {force = false, volumes = false, by} = {}) {
			const entry = find(reference);
			if (entry.container.role === 'builder') {
				throw new HolmError('conflict', `${entry.container.name} is the builder, and goes with its cache`, {remedy: 'holm builder rm'});
			}

			if (!force) {
				assertAllowed('remove', entry);
				await entry.queue(async () => removeNow(entry, {volumes}));
				return;
			}

			entry.isBeingRemoved = true;
			try {
				// A start or stop in progress need not complete.
				await killMachines(entry, by);
				await entry.queue(async () => {
					await killMachines(entry, by);
					await removeNow(entry, {volumes});
				});
			} finally {
				entry.isBeingRemoved = false;
			}
		},
		async pruneContainers(filters = {}) {
			const isWanted = filterOf(filters, pruneRules(({configuration}: Container) => configuration.labels, Date.now()));
			const removable = usersContainers(context)
				.filter(({container, run}) => run.state !== 'starting' && ['created', 'exited'].includes(container.status.state) && isWanted(container));
			const removed: string[] = [];
			let freedBytes = 0;
			for (const entry of removable) {
				await entry.queue(async () => {
					await waitForCleanup(entry);
					if (entry.run.state === 'idle' && context.containers.has(entry.container.id)) {
						freedBytes += await writtenBytesOf(context, entry);
						await removeStopped(context, entry, {volumes: false});
						removed.push(entry.container.id);
					}
				});
			}

			return {removed, freedBytes};
		},
	};
};
