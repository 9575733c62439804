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
import {initialUi, type Dialog, type ListName, type Prompt, type UiState, type WindowName} from '../state/ui-state.js';
import type {Plan} from './plan.js';
import {executePlan, failureOf, type Failure, type Removed} from './execute.js';

/** What the dashboard asks of the terminal it is in. */
export type Terminal = {
	readonly size: () => {readonly columns: number; readonly rows: number};
	/** Gives the terminal to somebody else until the work is done, and draws the dashboard anew. */
	readonly handOver: <Result>(work: () => Promise<Result>) => Promise<Result>;
	/** Puts a text on the clipboard of whoever looks at the terminal. */
	readonly copy: (text: string) => void;
	readonly redraw: () => void;
	/** Stops the process as Ctrl-Z does; resolves when it goes on. */
	readonly suspend: () => Promise<void>;
	readonly quit: () => void;
};

/** What is read: the engine's state, logs, and which engines there are. */
export type Data = {
	readonly store: Store;
	readonly logs: Logs;
	readonly logIndex: LogIndex;
	readonly engines: Engines;
};

/** What does not change while the dashboard is open. */
export type Setting = {
	readonly terminal: Terminal;
	readonly keyMaps: KeyMaps;
	readonly configuration: DashboardConfiguration;
	readonly theme: Theme;
	/** Refuses every change. */
	readonly isReadOnly: boolean;
	/** Lines are read out instead of a screen being drawn. */
	readonly isSpoken: boolean;
	readonly now: () => number;
	/** Where logs are saved. */
	readonly workingDirectory: string;
	readonly joinSession: JoinSession;
};

export type ControllerOptions = Setting & Omit<Data, 'logIndex'>;

/** The engines there are, as far as that is known from here. */
export type Engines = {
	readonly list: () => Promise<readonly EngineTarget[]>;
	readonly connect: (target: EngineTarget, report: (step: string) => void) => Promise<Engine>;
};

/** What work that takes its time can be told and can tell. */
export type JobHandle = {readonly signal: AbortSignal; readonly report: (progress: string) => void};

/** Joins the terminal to a session of the engine until it ends or is left. */
export type JoinSession = (engine: Engine, request: {readonly type: 'shell' | 'attach'; readonly containerId: string; readonly name: string}) => Promise<string>;

/** What is on the screen, and what changes that. */
export type View = {
	readonly getState: () => UiState;
	readonly subscribe: (listener: () => void) => () => void;
	readonly set: (change: Partial<UiState>) => void;
	readonly listItems: () => ListItems;
	/** Which list the keys go to now. */
	readonly activeList: () => ListName | undefined;
	readonly open: (dialog: Dialog) => void;
	readonly ask: (prompt: Prompt) => void;
	readonly notify: (notice: string) => void;
	/** First rows that are shown, of what was drawn last. */
	readonly windows: Map<WindowName, number>;
};

/** What changes the engine. */
export type Work = {
	/** Does something that takes its time, shown and to be cancelled meanwhile. What it throws is shown until it is dismissed. */
	readonly work: (title: string, run: (engine: Engine, job: JobHandle) => Promise<void>) => Promise<void>;
	/** The same for what does not need the engine that is shown. */
	readonly job: (title: string, run: (job: JobHandle) => Promise<void>) => Promise<void>;
	/** Asks whether a plan is wanted; it is bound to what it names. */
	readonly confirm: (plan: Plan | undefined, nothing: string) => void;
	readonly execute: (plan: Plan) => Promise<void>;
	readonly fail: (title: string, failures: readonly Failure[]) => void;
	/** What was removed last comes first. */
	readonly removed: Removed[];
};

/** Everything that actions and panes are given. Each declares the parts that it needs. */
export type Controller = View & Work & Data & Setting;

// Enough for an evening's mistakes.
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

/** The state of what is on the screen, and everything that changes it. */
export const createController = (options: ControllerOptions): Controller => {
	const {store, logs, theme} = options;
	let state: UiState = initialUi;
	let lastJob = 0;
	const listeners = new Set<() => void>();
	const selectItems = createItemsSelector();
	const removed: Removed[] = [];

	const set = (change: Partial<UiState>) => {
		const next = {...state, ...change};
		if (Object.keys(change).every(key => Object.is(state[key as keyof UiState], next[key as keyof UiState]))) {
			return;
		}

		state = next;
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

	const remember = ({kept}: Plan, done: readonly string[]) => {
		const gone = new Set(done);
		const now: Removed = {
			containers: kept.containers.filter(({id}) => gone.has(id)),
			networks: kept.networks.filter(({id}) => gone.has(id)),
		};
		if (now.containers.length + now.networks.length > 0) {
			removed.unshift(now);
			removed.splice(keptRemovals);
		}
	};

	const execute = async (plan: Plan) => work(plan.title.replace(/\?$/v, ''), async (engine, {signal, report}) => {
		const {done, failures} = await executePlan(engine, plan, {
			signal,
			report(number, of) {
				report(`${number} of ${of}`);
			},
		});
		if (engine === store.engine()) {
			remember(plan, done);
		}

		const {lists} = state;
		const list = listOf(state);
		set({
			...(list && {lists: {...lists, [list]: {...lists[list], marks: new Set()}}}),
			notice: failures.length === 0 ? `${plan.accept}: ${done.length} of ${plan.items.length} done${removed.length > 0 && plan.verb.startsWith('remove') ? '; u makes it again' : ''}` : '',
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
		windows: new Map(),
		removed,
	};
};

export const isPane = (name: string): name is PaneName => ['containers', 'networks', 'logs'].includes(name);
