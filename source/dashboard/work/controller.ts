import type {Engine} from '../../engine/engine.js';
import type {DashboardConfiguration} from '../state/config.js';
import type {KeyMaps} from '../keys/key-maps.js';
import type {PaneName} from '../frame/layout.js';
import type {EngineTarget} from '../state/known-engines.js';
import {createLogIndex, type LogIndex} from '../logs/log-index.js';
import type {Logs} from '../logs/follow.js';
import {createItemsSelector, type ListItems} from '../state/list-items.js';
import type {Store} from '../state/store.js';
import type {Theme} from '../frame/theme.js';
import {placesAfter} from '../state/places.js';
import {initialUi, type Dialog, type ListName, type Prompt, type UiState, type WindowName} from '../state/ui-state.js';
import type {Plan} from './plan.js';
import {executePlan, failureOf, type Failure, type Removed} from './execute.js';

/** The terminal as the dashboard uses it. */
export type Terminal = {
	readonly size: () => {readonly columns: number; readonly rows: number};
	/** Gives the terminal to other code until `work` settles, then redraws the dashboard. */
	readonly handOver: <Result>(work: () => Promise<Result>) => Promise<Result>;
	/** Copies a text to the terminal's clipboard. */
	readonly copy: (text: string) => void;
	readonly redraw: () => void;
	/** Stops the process as Ctrl-Z does; resolves when it continues. */
	readonly suspend: () => Promise<void>;
	readonly quit: () => void;
};

/** Data: the engine's state, logs, and the known engines. */
export type Data = {
	readonly store: Store;
	readonly logs: Logs;
	readonly logIndex: LogIndex;
	readonly engines: Engines;
};

/** Settings that do not change while the dashboard is open. */
export type Setting = {
	readonly terminal: Terminal;
	readonly keyMaps: KeyMaps;
	readonly configuration: DashboardConfiguration;
	readonly theme: Theme;
	/** Refuses every change. */
	readonly isReadOnly: boolean;
	/** Prints lines for a screen reader instead of drawing a screen. */
	readonly isSpoken: boolean;
	readonly now: () => number;
	/** Directory for saved logs. */
	readonly workingDirectory: string;
	readonly joinSession: JoinSession;
};

export type ControllerOptions = Setting & Omit<Data, 'logIndex'>;

/** The known engines and how to connect to them. */
export type Engines = {
	readonly list: () => Promise<readonly EngineTarget[]>;
	readonly connect: (target: EngineTarget, report: (step: string) => void) => Promise<Engine>;
};

/** A running job's cancellation and progress. */
export type JobHandle = {readonly signal: AbortSignal; readonly report: (progress: string) => void};

/** Connects the terminal to a shell or a container's process until it exits or the user detaches. Resolves with a notice. */
export type JoinSession = (engine: Engine, request: {readonly type: 'shell' | 'attach'; readonly containerId: string; readonly name: string}) => Promise<string>;

/** The state of the screen, and functions that change it. */
export type View = {
	readonly getState: () => UiState;
	readonly subscribe: (listener: () => void) => () => void;
	readonly set: (change: Partial<UiState>) => void;
	readonly listItems: () => ListItems;
	/** The list that gets the keys. */
	readonly activeList: () => ListName | undefined;
	readonly open: (dialog: Dialog) => void;
	readonly ask: (prompt: Prompt) => void;
	readonly notify: (notice: string) => void;
	/** Index of the first visible row of each list, as rendered last. */
	readonly windows: Map<WindowName, number>;
};

/** Functions that change the engine. */
export type Work = {
	/** Runs a job with the engine; the footer shows it and Ctrl-X cancels it. An error opens a dialog. */
	readonly work: (title: string, run: (engine: Engine, job: JobHandle) => Promise<void>) => Promise<void>;
	/** The same for a job that does not need the current engine. */
	readonly job: (title: string, run: (job: JobHandle) => Promise<void>) => Promise<void>;
	/** Asks for confirmation of a plan; without items, shows `nothing` as a notice. */
	readonly confirm: (plan: Plan | undefined, nothing: string) => void;
	readonly execute: (plan: Plan) => Promise<void>;
	readonly fail: (title: string, failures: readonly Failure[]) => void;
	/** Removals that can be undone, the latest first. */
	readonly removed: Removed[];
};

/** The interface of actions and panes; each declares the parts that it needs. */
export type Controller = View & Work & Data & Setting;

// Number of removals that can be undone.
const keptRemovals = 20;

const listOf = ({view, focus}: UiState): ListName | undefined => {
	switch (view) {
		case 'main': {
			return focus === 'logs' ? undefined : focus;
		}

		case 'images':
		case 'volumes':
		case 'dns':
		case 'events': {
			return view;
		}

		case 'topology':
		case 'addresses': {
			return 'networks';
		}

		case 'machine': {
			return 'containers';
		}

		case 'inspect': {
			return undefined;
		}
	}
};

/** Creates the controller: the state of the screen and everything that changes it. */
export const createController = (options: ControllerOptions): Controller => {
	const {store, logs, theme} = options;
	let state: UiState = initialUi;
	let lastJob = 0;
	const listeners = new Set<() => void>();
	const selectItems = createItemsSelector();
	const removed: Removed[] = [];
	const windows = new Map<WindowName, number>();

	const set = (change: Partial<UiState>) => {
		const next = {...state, ...change};
		if (Object.keys(change).every(key => Object.is(state[key as keyof UiState], next[key as keyof UiState]))) {
			return;
		}

		// Wherever an action goes, there is a way back.
		state = change.places ? next : {...next, places: placesAfter(state, next, () => selectItems(store.getState(), state), windows)};
		for (const listener of listeners) {
			listener();
		}
	};

	const open = (dialog: Dialog) => {
		state.pending?.stop();
		set({dialog, prompt: undefined, pending: undefined});
	};

	const fail = (title: string, failures: readonly Failure[]) => {
		open({type: 'failures', title, failures});
	};

	const job: Controller['job'] = async (title, run) => {
		const controller = new AbortController();
		lastJob++;
		const id = lastJob;
		const report = (progress: string) => {
			set({jobs: state.jobs.map(other => other.id === id && other.progress !== progress ? {...other, progress} : other)});
		};

		set({
			jobs: [...state.jobs, {
				id,
				title,
				progress: '',
				cancel() {
					controller.abort();
				},
			}],
		});
		try {
			await run({signal: controller.signal, report});
		} catch (error) {
			if (controller.signal.aborted) {
				set({notice: `${title}: cancelled`});
			} else {
				fail(title, [failureOf(title, error)]);
			}
		} finally {
			set({jobs: state.jobs.filter(other => other.id !== id)});
			store.refresh();
		}
	};

	const work: Controller['work'] = async (title, run) => job(title, async handle => run(store.engine(), handle));

	/** Keeps what `u` can recreate and returns the number of items. */
	const remember = ({kept}: Plan, done: readonly string[]): number => {
		const gone = new Set(done);
		const now: Removed = {
			containers: kept.containers.filter(({id}) => gone.has(id)),
			networks: kept.networks.filter(({id}) => gone.has(id)),
		};
		const number = now.containers.length + now.networks.length;
		if (number > 0) {
			removed.unshift(now);
			removed.splice(keptRemovals);
		}

		return number;
	};

	const execute = async (plan: Plan) => work(plan.title.replace(/\?$/v, ''), async (engine, {signal, report}) => {
		const {done, failures} = await executePlan(engine, plan, {
			signal,
			report(number, of) {
				report(`${number} of ${of}`);
			},
		});
		const remembered = engine === store.engine() ? remember(plan, done) : 0;
		const {lists} = state;
		const list = listOf(state);
		set({
			...(list && {lists: {...lists, [list]: {...lists[list], marks: new Set()}}}),
			notice: failures.length === 0 ? `${plan.accept}: ${done.length} of ${plan.items.length} done${remembered > 0 ? `; u recreates ${remembered === 1 ? 'it' : 'them'}` : ''}` : '',
		});
		if (failures.length > 0) {
			fail(`${plan.accept} failed for ${failures.length} of ${plan.items.length}`, failures);
		}
	});

	return {
		...options,
		theme,
		getState: () => state,
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		set,
		listItems: () => selectItems(store.getState(), state),
		logIndex: createLogIndex(logs.buffer),
		activeList: () => listOf(state),
		open,
		ask(prompt) {
			state.pending?.stop();
			set({prompt, pending: undefined, notice: ''});
		},
		notify(notice) {
			set({notice});
		},
		fail,
		work,
		job,
		confirm(plan, nothing) {
			if (plan && plan.items.length > 0) {
				open({type: 'confirm', plan, isAccepting: false, top: 0});
			} else {
				set({notice: nothing});
			}
		},
		execute,
		windows,
		removed,
	};
};

export const isPane = (name: string): name is PaneName => ['containers', 'networks', 'logs'].includes(name);
