import type {Engine} from '../../engine/engine.js';
import type {DashboardConfiguration} from '../state/config.js';
import type {KeyMaps} from '../keys/key-maps.js';
import type {PaneName} from '../frame/layout.js';
import type {Head} from '../lists/columns.js';
import type {EngineTarget} from '../state/known-engines.js';
import {createLogIndex, type LogIndex} from '../logs/log-index.js';
import type {Logs} from '../logs/follow.js';
import {createItemsSelector, type ListItems} from '../state/list-items.js';
import type {Store} from '../state/store.js';
import type {Theme} from '../frame/theme.js';
import {placesAfter} from '../state/places.js';
import {
	initialUi,
	type Dialog,
	type ListName,
	type Prompt,
	type UiState,
	type WindowName,
} from '../state/ui-state.js';
import {clean} from '../../text/fit.js';
import type {Kept, Plan} from './plan.js';
import type {Failure} from './execute.js';
import {createExecution, type ExecutionOptions} from './execution.js';
import {createJobs, type RunJob, type RunWork} from './jobs.js';

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
	/** Heads of the columns of each list, as rendered last. */
	readonly heads: Map<ListName, readonly Head[]>;
};

/** Functions that change the engine. */
export type Work = {
	/** Runs a job with the engine; the footer and the activity show it, and Ctrl-X cancels it. */
	readonly work: RunWork;
	/** The same for a job that does not need the current engine. */
	readonly job: RunJob;
	/** Asks for confirmation of a plan; without items, shows `nothing` as a notice. */
	readonly confirm: (plan: Plan | undefined, nothing: string) => void;
	/** Executes a plan. One that was confirmed is compared with the engine first, and asked about again if it would do more. */
	readonly execute: (plan: Plan, options?: ExecutionOptions) => Promise<void>;
	/** Recreates what a removal kept, without data. */
	readonly restore: (kept: Kept) => Promise<void>;
	/** Opens a dialog, or once the open dialog or prompt is closed. */
	readonly openLater: (dialog: Dialog) => void;
	readonly fail: (title: string, failures: readonly Failure[]) => void;
	/** Removals that can be undone, the latest first. */
	readonly removed: Kept[];
};

/** The interface of actions and panes; each declares the parts that it needs. */
export type Controller = View & Work & Data & Setting;

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

		case 'activity':
		case 'inspect': {
			return undefined;
		}
	}
};

/** Creates the controller: the state of the screen and everything that changes it. */
export const createController = (options: ControllerOptions): Controller => {
	const {store, logs, theme} = options;
	let state: UiState = initialUi;
	const listeners = new Set<() => void>();
	const selectItems = createItemsSelector();
	/** Dialogs that wait until the open one is closed. */
	const waiting: Dialog[] = [];
	const windows = new Map<WindowName, number>();

	const set = (change: Partial<UiState>) => {
		const changed = {...state, ...change};
		const next = changed.dialog || changed.prompt || waiting.length === 0 ? changed : {...changed, dialog: waiting.shift()!};
		if (next === changed && Object.keys(change).every(key => Object.is(state[key as keyof UiState], next[key as keyof UiState]))) {
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

	const openLater = (dialog: Dialog) => {
		if (state.dialog || state.prompt) {
			waiting.push(dialog);
		} else {
			open(dialog);
		}
	};

	const fail = (title: string, failures: readonly Failure[]) => {
		openLater({type: 'failures', title, failures});
	};

	const {job, work} = createJobs({
		store,
		now: options.now,
		getState: () => state,
		set,
		fail,
	});

	const confirm: Controller['confirm'] = (plan, nothing) => {
		if (plan && plan.items.length > 0) {
			open({type: 'confirm', plan, isAccepting: false, top: 0});
		} else {
			set({notice: clean(nothing)});
		}
	};

	const removed: Kept[] = [];
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
		confirm,
		openLater,
		...createExecution({
			store,
			removed,
			getState: () => state,
			set,
			activeList: () => listOf(state),
			openLater,
			confirm,
			work,
		}),
		windows,
		heads: new Map(),
		removed,
	};
};

export const isPane = (name: string): name is PaneName => ['containers', 'networks', 'logs'].includes(name);
