import {builderOf} from '../../engine/builder.js';
import type {Engine} from '../../engine/engine.js';
import {asHolmError} from '../../engine/errors.js';
import type {Container, Network} from '../../engine/resources.js';
import type {Plan, PlanItem, PlanVerb} from './plan.js';

export type Failure = {readonly name: string; readonly message: string; readonly remedy?: string};

export type Outcome = {
	/** Ids of the items that succeeded. */
	readonly done: readonly string[];
	readonly failures: readonly Failure[];
};

const verbs: Readonly<Record<PlanVerb, (engine: Engine, id: string, plan: Plan) => Promise<unknown>>> = {
	stop: async (engine, id) => engine.stopContainer(id),
	restart: async (engine, id) => engine.restartContainer(id),
	kill: async (engine, id) => engine.killContainer(id),
	removeContainers: async (engine, id) => engine.removeContainer(id, {force: true}),
	removeNetworks: async (engine, id) => engine.removeNetwork(id),
	removeImages: async (engine, id) => engine.removeImage(id),
	removeVolumes: async (engine, id) => engine.removeVolume(id),
	disconnect: async (engine, id, {networkId}) => engine.disconnectNetwork(networkId!, id),
	stopBuilder: async (engine, _id, {willEndBuilds = false}) => builderOf(engine).stop({isForced: willEndBuilds}),
	removeBuilder: async (engine, _id, {willEndBuilds = false}) => builderOf(engine).remove({isForced: willEndBuilds}),
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

/** Executes a confirmed plan, several items at a time. A failure does not stop the rest; an abort skips items not started yet. */
export const executePlan = async (engine: Engine, plan: Plan, {signal, report}: ExecuteOptions): Promise<Outcome> => {
	const done: string[] = [];
	const failures: Failure[] = [];
	const queue: PlanItem[] = [...plan.items];
	const work = async () => {
		for (let item = queue.shift(); item && !signal.aborted; item = queue.shift()) {
			try {
				await verbs[plan.verb](engine, item.id, plan);
				done.push(item.id);
			} catch (error) {
				if (asHolmError(error).code === 'not-modified') {
					done.push(item.id);
				} else {
					failures.push(failureOf(item.name, error));
				}
			}

			report(done.length + failures.length, plan.items.length);
		}
	};

	await Promise.all(Array.from({length: concurrency}, async () => work()));
	return {done, failures};
};

/** Removed containers and networks, for undo. */
export type Removed = {readonly containers: readonly Container[]; readonly networks: readonly Network[]};

/** Recreates networks, then containers, from their configurations. Starts containers that were running. */
export const recreate = async (engine: Engine, {containers, networks}: Removed): Promise<Outcome> => {
	const done: string[] = [];
	const failures: Failure[] = [];
	for (const {name, subnet, gateway, ipRange, auxiliaryAddresses, internal, labels, driver} of networks) {
		try {
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
			done.push(id);
		} catch (error) {
			failures.push(failureOf(name, error));
		}
	}

	// The oldest first, so that addresses are leased in the same order.
	for (const {name, configuration, status} of containers.toReversed().toSorted((a, b) => a.createdAt - b.createdAt)) {
		try {
			const {id} = await engine.createContainer({...configuration, name});
			done.push(id);
			if (status.state === 'running' || status.state === 'paused') {
				await engine.startContainer(id);
			}
		} catch (error) {
			failures.push(failureOf(name, error));
		}
	}

	return {done, failures};
};
