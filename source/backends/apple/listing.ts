import type {Container} from '../../engine/resources.js';
import {findContainer} from '../../rules/find-resource.js';
import {containerOf} from './container-of.js';
import type {ContainerNotes} from './container-notes.js';
import type {Context} from './context.js';
import {decodeContainers, type AppleContainer} from './decode/container.js';
import {readNetworks} from './network-listing.js';
import {decodeNotes, derivedId} from './notes.js';
import {readRecords, writeRecord, type Stored, type StoredState} from './records.js';

/** A container with all that is known of it. */
export type Item = {
	readonly id: string;
	readonly name: string;
	readonly apple: AppleContainer;
	readonly notes?: ContainerNotes;
	readonly stored: Stored;
	readonly container: Container;
};

const isKnown = ({networks}: Context, {networks: wanted}: AppleContainer) => wanted.every(name => networks.has(name) || name === 'none');

/** All containers, newest first: Apple's order is one of chance. */
export const readItems = async (context: Context): Promise<readonly Item[]> => {
	const program = await context.program();
	const [document, records] = await Promise.all([program.json(['ls', '-a', '--format', 'json']), readRecords(program)]);
	const listed = decodeContainers(document);
	if (!listed.every(apple => isKnown(context, apple))) {
		await readNetworks(context);
	}

	const nameOf = (name: string) => context.networks.get(name) ?? {
		id: derivedId('network', name, 0),
		name: name === 'default' ? 'bridge' : name,
	};
	return listed.map((apple): Item => {
		const notes = decodeNotes<ContainerNotes>(apple.labels);
		const id = notes?.id ?? derivedId('container', apple.id, apple.createdAt);
		const stored = records.get(id) ?? {state: {}};
		const live = context.lives.get(id);
		const container = containerOf({
			apple, notes, stored, nameOf, known: {health: live?.health, isWaiting: live?.cancelRestart !== undefined},
		});
		return {
			id, name: container.name, apple, notes, stored, container,
		};
	}).toSorted((one, other) => other.container.createdAt - one.container.createdAt || one.name.localeCompare(other.name));
};

/** Finds a container by id, beginning of the id or name. */
export const findItem = (items: readonly Item[], reference: string): Item =>
	findContainer(new Map(items.map(item => [item.id, item])), reference);

export const readItem = async (context: Context, reference: string): Promise<Item> => findItem(await readItems(context), reference);

export const findById = async (context: Context, id: string): Promise<Item | undefined> => {
	const items = await readItems(context);
	return items.find(item => item.id === id);
};

/** Changes some of what is kept of a container. */
export const updateState = async (context: Context, item: Item, change: Partial<StoredState>): Promise<void> => {
	const program = await context.program();
	await writeRecord(program, item.id, {...item.stored.state, ...change});
};
