import type {Container} from '../../engine/resources.js';
import {shouldRestart} from '../../rules/containers/restart-policy.js';
import {findContainer} from '../../rules/find-resource.js';
import {containerOf} from './container-of.js';
import type {ContainerNotes} from './container-notes.js';
import type {Context, Live} from './context.js';
import {decodeContainers, type AppleContainer} from './decode/container.js';
import {readNetworksWithin} from './network-listing.js';
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

/** Milliseconds; a container may ask for a network that is in no list. */
const networksAgeMs = 10_000;

const isKnown = ({networks}: Context, {networks: wanted}: AppleContainer) => wanted.every(name => networks.has(name) || name === 'none');

/** What was read of all containers, as it was then. */
type Reading = {readonly listed: readonly AppleContainer[]; readonly records: ReadonlyMap<string, Stored>};

const readAll = async (context: Context): Promise<Reading> => {
	const program = await context.program();
	const [document, records] = await Promise.all([program.json(['ls', '-a', '--format', 'json']), readRecords(program)]);
	const listed = decodeContainers(document);
	if (!listed.every(apple => isKnown(context, apple))) {
		await readNetworksWithin(context, networksAgeMs);
	}

	return {listed, records};
};

/** Whether this process starts a container again that has ended, now or soon. Between its end and that, others must not take it for one that stays. */
const isToRestart = ({run, isStopped, cancelRestart, isRestarting}: Live, {exit, state}: Stored, notes: ContainerNotes | undefined): boolean => {
	if (cancelRestart !== undefined || isRestarting === true) {
		return true;
	}

	const policy = state.restartPolicy ?? notes?.configuration.restartPolicy;
	return run !== undefined && run.isAdopted !== true && exit !== undefined && policy !== undefined && shouldRestart(policy, {
		exitCode: exit.exitCode, isStopped: isStopped || state.isStopped === true, restartCount: state.restartCount ?? 0,
	});
};

const itemsOf = (context: Context, {listed, records}: Reading): readonly Item[] => {
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
			apple, notes, stored, nameOf, known: {health: live?.health, isWaiting: live !== undefined && isToRestart(live, stored, notes)},
		});
		return {
			id, name: container.name, apple, notes, stored, container,
		};
	}).toSorted((one, other) => other.container.createdAt - one.container.createdAt || one.name.localeCompare(other.name));
};

/** What was read of the containers, for those who look for changes. */
export type Look = {
	readonly items: readonly Item[];
	/** Grows with each look, in the order in which they began. */
	readonly number: number;
	/** No change of this engine's own went on meanwhile, of which a list may show one half. */
	readonly isSettled: boolean;
};

type Observer = (look: Look) => void;

const observers = new WeakMap<Context, {readonly all: Set<Observer>; begun: number}>();

const observersOf = (context: Context) => {
	const found = observers.get(context) ?? {all: new Set<Observer>(), begun: 0};
	observers.set(context, found);
	return found;
};

/** Calls a function with all that is read of the containers from now on, until the returned function is called. */
export const observeItems = (context: Context, observer: Observer): (() => void) => {
	const {all, begun} = observersOf(context);
	const after = (look: Look) => {
		// An older look may end later.
		if (look.number > begun) {
			observer(look);
		}
	};

	all.add(after);
	return () => {
		all.delete(after);
	};
};

/** All containers; as they were at most so long ago, unless this engine has changed something since. */
export const readItemsWithin = async (context: Context, maxAgeMs: number): Promise<readonly Item[]> => {
	const {changes} = context;
	const reading = await context.lists.containers.read(async () => {
		const known = observersOf(context);
		known.begun++;
		const {begun: number} = known;
		const {begun, ended} = changes;
		const read = await readAll(context);
		context.service.down = undefined;
		const isSettled = begun === ended && changes.begun === begun;
		const items = itemsOf(context, read);
		for (const observer of known.all) {
			observer({items, number, isSettled});
		}

		return read;
	}, maxAgeMs);
	return itemsOf(context, reading);
};

/** All containers, newest first: Apple's order is one of chance. */
export const readItems = async (context: Context): Promise<readonly Item[]> => readItemsWithin(context, 0);

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
	context.lists.containers.forget();
};
