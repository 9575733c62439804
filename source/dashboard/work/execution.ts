import type {Engine} from '../../engine/engine.js';
import {HolmError} from '../../engine/errors.js';
import type {Snapshot} from '../../engine/snapshot.js';
import {quoteWord} from '../forms/words.js';
import type {Store} from '../state/store.js';
import type {Dialog, ListName, UiState} from '../state/ui-state.js';
import {executePlan, recreate, removedBy} from './execute.js';
import type {RunWork} from './jobs.js';
import {
	commandsOf,
	planDisconnect,
	planSignal,
	type Kept,
	type Plan,
	type PlanVerb,
} from './plan.js';
import {recheck, type Recheck} from './recheck.js';
import {namesOf, resultOf, titleOf, undoHint} from './result.js';

export type ExecutionOptions = {
	/** It was confirmed a moment ago, so the engine may have changed. */
	readonly isConfirmed?: boolean;
	/** The list whose marks it clears; default the active one. */
	readonly list?: ListName;
};

type Parts = {
	readonly store: Pick<Store, 'engine' | 'getState'>;
	readonly removed: Kept[];
	readonly getState: () => UiState;
	readonly set: (change: Partial<UiState>) => void;
	readonly activeList: () => ListName | undefined;
	readonly openLater: (dialog: Dialog) => void;
	readonly confirm: (plan: Plan | undefined, nothing: string) => void;
	readonly work: RunWork;
};

type Execution = {
	readonly execute: (plan: Plan, options?: ExecutionOptions) => Promise<void>;
	readonly restore: (kept: Kept) => Promise<void>;
};

// Number of removals that can be undone.
const keptRemovals = 20;

// Milliseconds to wait for the state of the engine before a confirmed plan.
const patience = 10_000;

/** The state of the engine before a confirmed plan is executed. */
const readNow = async (engine: Engine, signal: AbortSignal): Promise<Snapshot> => {
	const {promise: ended, reject} = Promise.withResolvers<never>();
	const timer = setTimeout(() => {
		reject(new HolmError('unavailable', `nothing was done: the engine did not answer within ${patience / 1000} s`, {
			remedy: 'try again once it does',
		}));
	}, patience);
	const onAbort = () => {
		reject(signal.reason as Error);
	};

	signal.addEventListener('abort', onAbort, {once: true});
	try {
		return await Promise.race([engine.snapshot({stats: false}), ended]);
	} finally {
		clearTimeout(timer);
		signal.removeEventListener('abort', onAbort);
	}
};

const opposites: Partial<Readonly<Record<PlanVerb, Parameters<typeof planSignal>[0]>>> = {
	kill: 'start', pause: 'unpause', start: 'stop', stop: 'start', unpause: 'pause',
};

/** A plan that undoes another one without a loss, for what is there now. */
const reversed = (plan: Plan, {containers, networks}: Snapshot): Plan | undefined => {
	const same = plan.items.flatMap(({id}) => containers.find(container => container.id === id) ?? []);
	const opposite = opposites[plan.verb];
	if (opposite) {
		return planSignal(opposite, same);
	}

	const network = networks.find(({id}) => id === plan.network?.id);
	return network && planDisconnect(network, same.filter(({attachments}) => attachments.some(({networkId}) => networkId === network.id)));
};

const isReversible = ({verb, first}: Plan): boolean => !first && (opposites[verb] !== undefined || verb === 'connect');

const isEmpty = ({containers, networks, connections = []}: Kept): boolean => containers.length + networks.length + connections.length === 0;

/** Creates what executes plans and undoes removals. */
export const createExecution = (parts: Parts): Execution => {
	const {store, removed, getState, set, activeList, openLater, confirm, work} = parts;

	const remember = (kept: Kept) => {
		if (!isEmpty(kept)) {
			removed.unshift(kept);
			removed.splice(keptRemovals);
		}
	};

	const restore: Execution['restore'] = async kept => {
		const index = removed.indexOf(kept);
		if (index !== -1) {
			removed.splice(index, 1);
		}

		const {networks, containers, connections = []} = kept;
		const isConnection = networks.length + containers.length === 0;
		const names = namesOf([...networks, ...containers, ...isConnection ? connections.map(({containerName: name}) => ({name})) : []], 'item');
		const commands = [
			...networks.map(({name, subnet, gateway, internal}) =>
				`holm network create --subnet ${quoteWord(subnet)} --gateway ${quoteWord(gateway)} ${internal ? '--internal ' : ''}${quoteWord(name)}`),
			...connections.map(({network, containerName}) => `holm network connect ${quoteWord(network)} ${quoteWord(containerName)}`),
			// No command line has all of a configuration.
			...containers.map(({name}) => `# ${name}: recreated from its configuration`),
		];
		await work(`${isConnection ? 'Reconnecting' : 'Recreating'} ${names}`, async engine => {
			const {done, failures, left} = await recreate(engine, kept);
			// What failed can be tried again.
			remember(left);
			return failures.length === 0
				? {result: `${isConnection ? 'Reconnected' : 'Recreated'} ${names}`}
				: {
					result: `${done.length} of ${done.length + failures.length} recreated; failed: ${namesOf(failures, 'item')}${isEmpty(left) ? '' : '; u tries again'}`,
					failures,
				};
		}, {commands});
	};

	/** The plan to execute, after a look at the engine; undefined if nothing is left to do, or if it is asked about again. */
	const checked = async (engine: Engine, plan: Plan, signal: AbortSignal): Promise<Pick<Recheck, 'plan' | 'changes'>> => {
		const {plan: next, changes, isMore} = recheck(plan, await readNow(engine, signal));
		signal.throwIfAborted();
		if (next && !isMore) {
			return {plan: next, changes};
		}

		if (next) {
			openLater({
				type: 'confirm', plan: next, isAccepting: false, top: 0, changes,
			});
		}

		return {changes: [`Nothing was done: ${changes.join('; ')}`]};
	};

	/** Asks to do it for what is there now. */
	const again = (make: (snapshot: Snapshot) => Plan | undefined, title: string) => () => {
		const {snapshot} = store.getState();
		confirm(snapshot && make(snapshot), `${title}: there is nothing to do now`);
	};

	const undoOf = (plan: Plan, kept: Kept): (() => void) | undefined => {
		if (!isEmpty(kept)) {
			return () => {
				void restore(kept);
			};
		}

		return isReversible(plan) ? again(now => reversed(plan, now), `Undo ${titleOf(plan)}`) : undefined;
	};

	const execute: Execution['execute'] = async (asked, {isConfirmed = false, list = activeList()} = {}) => work(titleOf(asked), async (engine, {signal, report}) => {
		const {plan, changes} = isConfirmed ? await checked(engine, asked, signal) : {plan: asked, changes: []};
		if (!plan) {
			return {result: changes.join('; '), commands: []};
		}

		const outcome = await executePlan(engine, plan, {
			signal,
			report(number, of) {
				report(`${number} of ${of}`);
			},
		});
		const kept = removedBy(plan, outcome);
		const isSame = engine === store.engine();
		if (isSame) {
			remember(kept);
		}

		if (list) {
			const {lists} = getState();
			set({lists: {...lists, [list]: {...lists[list], marks: new Set()}}});
		}

		const hint = isSame ? undoHint(kept) : undefined;
		const undo = outcome.done.length > 0 ? undoOf(plan, kept) : undefined;
		return {
			result: [
				resultOf(outcome),
				...changes,
				...signal.aborted ? ['cancelled before the rest'] : [],
				...hint === undefined ? [] : [hint],
			].join('; '),
			failures: outcome.failures,
			commands: commandsOf(plan),
			...undo && {undo, undoes: isEmpty(kept) ? 'after a question' : 'at once'},
		};
	}, {
		commands: commandsOf(asked),
		...asked.again && {repeat: again(now => asked.again!(now, true), titleOf(asked))},
	});

	return {execute, restore};
};
