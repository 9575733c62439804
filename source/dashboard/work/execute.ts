import {builderOf} from '../../engine/builder.js';
import type {Engine} from '../../engine/engine.js';
import {asHolmError, HolmError} from '../../engine/errors.js';
import {itemKey, stepsOf, type Kept, type Plan, type PlanItem, type PlanStep, type PlanVerb} from './plan.js';

export type Failure = {readonly name: string; readonly message: string; readonly remedy?: string};

export type Outcome = {
	/** Ids of the items that succeeded, of all steps. */
	readonly done: readonly string[];
	readonly failures: readonly Failure[];
	/** What succeeded of each step. */
	readonly steps: ReadonlyArray<{readonly step: PlanStep; readonly done: readonly PlanItem[]}>;
};

/** An image with several tags is refused by its id, so its tags are removed one by one; with the last one it goes. */
const removeImage = async (engine: Engine, id: string): Promise<void> => {
	const {tags} = await engine.image(id);
	for (const reference of tags.length > 1 ? tags : [id]) {
		await engine.removeImage(reference);
	}
};

const verbs: Readonly<Record<PlanVerb, (engine: Engine, item: PlanItem, step: PlanStep) => Promise<unknown>>> = {
	stop: async (engine, {id}) => engine.stopContainer(id),
	restart: async (engine, {id}) => engine.restartContainer(id),
	kill: async (engine, {id}) => engine.killContainer(id),
	start: async (engine, {id}) => engine.startContainer(id),
	pause: async (engine, {id}) => engine.pauseContainer(id),
	unpause: async (engine, {id}) => engine.unpauseContainer(id),
	removeContainers: async (engine, {id}) => engine.removeContainer(id, {force: true}),
	removeNetworks: async (engine, {id}) => engine.removeNetwork(id),
	removeImages: async (engine, {id}) => removeImage(engine, id),
	removeVolumes: async (engine, {id}) => engine.removeVolume(id),
	async connect(engine, {id, aliases = [], address}, {network}) {
		await engine.connectNetwork(id, {network: network!.id, aliases, ...address !== undefined && {address}});
	},
	disconnect: async (engine, {id}, {network}) => engine.disconnectNetwork(network!.id, id),
	stopBuilder: async (engine, _item, {willEndBuilds = false}) => builderOf(engine).stop({isForced: willEndBuilds}),
	removeBuilder: async (engine, _item, {willEndBuilds = false}) => builderOf(engine).remove({isForced: willEndBuilds}),
	pruneBuilder: async engine => builderOf(engine).prune(),
};

export const failureOf = (name: string, error: unknown): Failure => {
	const {message, remedy} = asHolmError(error);
	return {name, message, ...(remedy !== undefined && {remedy})};
};

export type ExecuteOptions = {
	readonly signal: AbortSignal;
	/** Called after each item with the number of finished ones. */
	readonly report: (done: number, of: number) => void;
};

/** Number of items executed at the same time. */
const concurrency = 4;

/**
Executes a plan step by step, several items of a step at a time.

A failure stops only what needs the item; an abort skips items not started yet.
*/
export const executePlan = async (engine: Engine, plan: Plan, {signal, report}: ExecuteOptions): Promise<Outcome> => {
	const steps: Array<{readonly step: PlanStep; readonly done: PlanItem[]}> = [];
	const failures: Failure[] = [];
	const failed = new Map<string, string>();
	const of = stepsOf(plan).reduce((sum, {items}) => sum + items.length, 0);
	let finished = 0;

	const attempt = async (step: PlanStep, item: PlanItem, done: PlanItem[]) => {
		const missing = (item.needs ?? []).flatMap(key => failed.get(key) ?? []);
		try {
			if (missing.length > 0) {
				throw new HolmError('conflict', `${item.name} was left: ${missing.join(', ')} failed before`, {remedy: 'mend that first'});
			}

			await verbs[step.verb](engine, item, step);
			done.push(item);
		} catch (error) {
			if (asHolmError(error).code === 'not-modified') {
				done.push(item);
			} else {
				failed.set(itemKey(step, item.id), item.name);
				failures.push(failureOf(item.name, error));
			}
		}

		finished++;
		report(finished, of);
	};

	for (const step of stepsOf(plan)) {
		const done: PlanItem[] = [];
		steps.push({step, done});
		const queue: PlanItem[] = [...step.items];
		const work = async () => {
			for (let item = queue.shift(); item && !signal.aborted; item = queue.shift()) {
				await attempt(step, item, done);
			}
		};

		await Promise.all(Array.from({length: concurrency}, async () => work()));
	}

	return {done: steps.flatMap(({done}) => done.map(({id}) => id)), failures, steps};
};

/** Of what a plan keeps for undo, that which is gone now. */
export const removedBy = ({kept}: Plan, {steps}: Outcome): Kept => {
	const done = new Set(steps.flatMap(({step, done: items}) => items.map(({id}) => itemKey(step, id))));
	return {
		containers: kept.containers.filter(({id}) => done.has(itemKey({verb: 'removeContainers'}, id))),
		networks: kept.networks.filter(({id}) => done.has(itemKey({verb: 'removeNetworks'}, id))),
		connections: (kept.connections ?? []).filter(({containerId, networkId: id}) =>
			done.has(itemKey({verb: 'disconnect', network: {id}}, containerId))),
	};
};

/** What `recreate` made, and what is still to be recreated. */
export type Recreated = {readonly done: readonly string[]; readonly failures: readonly Failure[]; readonly left: Kept};

/** Recreates networks, then containers, from their configurations, then connections. Starts containers that were running. */
export const recreate = async (engine: Engine, {containers, networks, connections = []}: Kept): Promise<Recreated> => {
	const done: string[] = [];
	const failures: Failure[] = [];
	const attempt = async <Item>(
		items: readonly Item[],
		nameOf: (item: Item) => string,
		make: (item: Item) => Promise<string>,
	): Promise<readonly Item[]> => {
		const left: Item[] = [];
		for (const item of items) {
			try {
				done.push(await make(item));
			} catch (error) {
				failures.push(failureOf(nameOf(item), error));
				left.push(item);
			}
		}

		return left;
	};

	const leftNetworks = await attempt(networks, ({name}) => name, async network => {
		const {name, subnet, gateway, ipRange, auxiliaryAddresses, internal, labels, driver} = network;
		const {id} = await engine.createNetwork({
			name,
			subnet,
			gateway,
			...ipRange !== undefined && {ipRange},
			...auxiliaryAddresses && {auxiliaryAddresses},
			internal,
			labels,
			driver,
		});
		return id;
	});
	// The oldest first, so that addresses are leased in the same order.
	const ordered = containers.toReversed().toSorted((a, b) => a.createdAt - b.createdAt);
	const unstarted = new Set<string>();
	const leftContainers = await attempt(ordered, ({name}) => name, async ({name, configuration, status}) => {
		const {id} = await engine.createContainer({...configuration, name});
		if (status.state === 'running' || status.state === 'paused') {
			unstarted.add(name);
			await engine.startContainer(id);
		}

		return id;
	});
	const leftConnections = await attempt(connections, ({containerName}) => containerName, async connection => {
		const {containerId, network, aliases, address} = connection;
		await engine.connectNetwork(containerId, {network, aliases, ...address !== undefined && {address}});
		return containerId;
	});
	// Those that were created but did not start are there.
	const left = {networks: leftNetworks, containers: leftContainers.filter(({name}) => !unstarted.has(name)), connections: leftConnections};
	return {done, failures, left};
};
