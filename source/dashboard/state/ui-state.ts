import type {Failure} from '../work/execute.js';
import type {FormState} from '../forms/form-state.js';
import type {TreeState} from '../inspect/tree-state.js';
import type {KeySequence} from '../keys/keys.js';
import type {PaneName} from '../frame/layout.js';
import {initialLogs, type LogsState} from '../logs/logs-state.js';
import type {Plan} from '../work/plan.js';
import type {RecordRow} from '../views/records.js';
import {emptyList, type ListState} from './list-state.js';

export type ViewName = 'main' | 'inspect' | 'images' | 'volumes' | 'dns' | 'events' | 'topology' | 'addresses' | 'machine';

/** Views that are lines and no list. */
export type TextViewName = Extract<ViewName, 'topology' | 'addresses' | 'machine'>;

export const isTextView = (view: ViewName): view is TextViewName => view === 'topology' || view === 'addresses' || view === 'machine';

/** How far down a view of one thing is. */
export type Scroll = {readonly view: ViewName; readonly id: string; readonly top: number};

export type ListName = 'containers' | 'networks' | 'images' | 'volumes' | 'dns' | 'events';

/** What has rows of which some are shown. */
export type WindowName = ListName | 'inspect';

export type Choice = {readonly id: string; readonly label: string};

export type Dialog =
	| {readonly type: 'confirm'; readonly plan: Plan; readonly isAccepting: boolean; readonly top: number}
	| {readonly type: 'failures'; readonly title: string; readonly failures: readonly Failure[]; /** What is open again once it was read. */ readonly after?: Dialog}
	| {readonly type: 'help'; readonly top: number}
	| {readonly type: 'choose'; readonly title: string; readonly choices: readonly Choice[]; readonly index: number; readonly take: (id: string) => void}
	| {readonly type: 'report'; readonly title: string; readonly lines: readonly string[]; readonly top: number}
	| {readonly type: 'palette'; readonly text: string; readonly index: number}
	| {readonly type: 'form'; readonly form: FormState};

/** One line that is typed at the bottom. */
export type Prompt = {
	readonly title: string;
	readonly value: string;
	/** With every letter. */
	readonly change?: (value: string) => void;
	readonly submit: (value: string) => void;
	readonly cancel?: () => void;
};

/** Keys that were pressed and may go on. */
export type Pending = {
	readonly keys: KeySequence;
	/** Nothing happens any more without another key. */
	readonly stop: () => void;
};

/** Something that takes its time. */
export type Job = {readonly id: number; readonly title: string; readonly progress: string; readonly cancel: () => void};

export type UiState = {
	readonly view: ViewName;
	readonly focus: PaneName;
	readonly isZoomed: boolean;
	readonly areStoppedShown: boolean;
	readonly lists: Readonly<Record<ListName, ListState>>;
	readonly logs: LogsState;
	/** Ids of the containers whose logs are shown; without, those of the one under the cursor. */
	readonly followed?: readonly string[];
	/** What the machines' kernels printed is shown instead of what the containers did. */
	readonly isBootLog: boolean;
	readonly inspect?: TreeState;
	/** Of the views that are lines; without, they are where they begin. */
	readonly scroll?: Scroll;
	/** Of all networks, once the view of them was opened. */
	readonly records?: readonly RecordRow[];
	/** The engine was asked for records and has none to tell. */
	readonly lacksRecords?: boolean;
	readonly dialog?: Dialog;
	readonly prompt?: Prompt;
	readonly pending?: Pending;
	/** One line that goes with the next key. */
	readonly notice: string;
	readonly jobs: readonly Job[];
	/** Grows to have the screen drawn anew. */
	readonly redraws: number;
};

export const initialUi: UiState = {
	view: 'main',
	focus: 'containers',
	isZoomed: false,
	areStoppedShown: true,
	lists: {containers: emptyList, networks: emptyList, images: emptyList, volumes: emptyList, dns: emptyList, events: emptyList},
	logs: initialLogs,
	isBootLog: false,
	notice: '',
	jobs: [],
	redraws: 0,
};
