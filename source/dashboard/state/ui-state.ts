import type {HistoryEntry} from '../activity/history.js';
import type {Failure} from '../work/execute.js';
import type {FormState} from '../forms/form-state.js';
import type {TreeState} from '../inspect/tree-state.js';
import type {KeySequence} from '../keys/keys.js';
import type {Entry} from '../jump/entry.js';
import type {PaneName} from '../frame/layout.js';
import {initialLogs, type LogsState} from '../logs/logs-state.js';
import type {Plan} from '../work/plan.js';
import type {RecordRow} from '../views/records.js';
import {emptyList, type ListState} from './list-state.js';

export type ViewName = 'main' | 'inspect' | 'images' | 'volumes' | 'dns' | 'events' | 'topology' | 'addresses' | 'machine' | 'activity';

/** Views that are text instead of a list. */
export type TextViewName = Extract<ViewName, 'topology' | 'addresses' | 'machine'>;

export const isTextView = (view: ViewName): view is TextViewName => view === 'topology' || view === 'addresses' || view === 'machine';

/** The scroll position of a text view; `id` is that of the network or container. */
export type Scroll = {readonly view: ViewName; readonly id: string; readonly top: number};

export type ListName = 'containers' | 'networks' | 'images' | 'volumes' | 'dns' | 'events';

/** Lists and trees that scroll. */
export type WindowName = ListName | 'inspect';

export type Choice = {readonly id: string; readonly label: string};

export type Dialog =
	| {readonly type: 'confirm'; readonly plan: Plan; readonly isAccepting: boolean; readonly top: number; /** What has changed since it was asked before. */ readonly changes?: readonly string[]}
	| {readonly type: 'failures'; readonly title: string; readonly failures: readonly Failure[]; /** Opens after this one is closed. */ readonly after?: Dialog}
	| {readonly type: 'help'; readonly top: number}
	| {readonly type: 'choose'; readonly title: string; readonly choices: readonly Choice[]; readonly index: number; readonly take: (id: string) => void}
	| {readonly type: 'report'; readonly title: string; readonly lines: readonly string[]; readonly top: number}
	| {readonly type: 'jump'; readonly text: string; readonly index: number; readonly entries: readonly Entry[]}
	| {readonly type: 'form'; readonly form: FormState};

/** A text input in the footer. */
export type Prompt = {
	readonly title: string;
	readonly value: string;
	/** What the text does now, at the end of its line. */
	readonly note?: () => string;
	/** Called after every edit. */
	readonly change?: (value: string) => void;
	readonly submit: (value: string) => void;
	readonly cancel?: () => void;
};

/** The pressed keys of an unfinished sequence. */
export type Pending = {
	readonly keys: KeySequence;
	/** Cancels the timer that would run the action of these keys. */
	readonly stop: () => void;
};

/** The progress of a part of a job, such as a layer of an image. */
export type Part = {readonly id: string; readonly status: string; /** From 0 to 1; undefined if unknown. */ readonly share?: number};

/** A running job. */
export type Job = {
	readonly id: number;
	readonly title: string;
	readonly progress: string;
	readonly parts: readonly Part[];
	readonly cancel: () => void;
	/** Milliseconds since the epoch. */
	readonly startedAt: number;
	/** The equivalent command lines of a change. */
	readonly commands: readonly string[];
	readonly isCancelled: boolean;
};

/** A place to go back to, with its selection and scroll position. */
export type Place = Pick<UiState, 'view' | 'focus' | 'isZoomed' | 'isBootLog' | 'followed' | 'inspect' | 'scroll'> & {
	/** Names that the header shows for it. */
	readonly crumbs: readonly string[];
	readonly list?: {readonly name: ListName} & Pick<ListState, 'selectedId' | 'index' | 'filter'>;
	/** First visible row. */
	readonly window?: {readonly name: WindowName; readonly start: number};
};

export type UiState = {
	/** The way to the current place, without it; empty on the first screen. */
	readonly places: readonly Place[];
	readonly view: ViewName;
	readonly focus: PaneName;
	readonly isZoomed: boolean;
	readonly areStoppedShown: boolean;
	/** Names of the projects whose containers are folded away. */
	readonly folded: ReadonlySet<string>;
	readonly lists: Readonly<Record<ListName, ListState>>;
	readonly logs: LogsState;
	/** Ids of the containers whose logs are followed; default the one under the cursor. */
	readonly followed?: readonly string[];
	/** Shows boot logs instead of container logs. */
	readonly isBootLog: boolean;
	readonly inspect?: TreeState;
	/** Of text views; default their start. */
	readonly scroll?: Scroll;
	/** DNS records of all networks; read once their view is open. */
	readonly records?: readonly RecordRow[];
	/** The engine does not report DNS records. */
	readonly lacksRecords?: boolean;
	readonly dialog?: Dialog;
	/** Keys of the entries that were jumped to, the latest first. */
	readonly recent: readonly string[];
	readonly prompt?: Prompt;
	readonly pending?: Pending;
	/** A message in the footer; the next key clears it. */
	readonly notice: string;
	readonly jobs: readonly Job[];
	/** What was done from here, newest first. */
	readonly history: readonly HistoryEntry[];
	/** The cursor of the activity: the id of its job, and its row in case that disappears. */
	readonly activity: {readonly id?: number; readonly index: number};
};

export const initialUi: UiState = {
	places: [],
	recent: [],
	view: 'main',
	focus: 'containers',
	isZoomed: false,
	areStoppedShown: true,
	folded: new Set(),
	lists: {containers: emptyList, networks: emptyList, images: emptyList, volumes: emptyList, dns: emptyList, events: emptyList},
	logs: initialLogs,
	isBootLog: false,
	notice: '',
	jobs: [],
	history: [],
	activity: {index: 0},
};
