import {clean} from '../../text/fit.js';
import {demoHost, ownHost} from '../state/known-engines.js';
import type {Job, UiState} from '../state/ui-state.js';
import {commandLineOf, type HistoryEntry} from './history.js';

/** A running job, or something that was done. */
export type ActivityRow =
	| {readonly type: 'job'; readonly id: number; readonly job: Job}
	| {readonly type: 'entry'; readonly id: number; readonly entry: HistoryEntry};

type Shown = Pick<UiState, 'jobs' | 'history' | 'activity'>;

/** The running jobs, then what was done, the newest of each first. */
export const activityRows = ({jobs, history}: Pick<Shown, 'jobs' | 'history'>): readonly ActivityRow[] => [
	...jobs.toReversed().map((job): ActivityRow => ({type: 'job', id: job.id, job})),
	...history.map((entry): ActivityRow => ({type: 'entry', id: entry.id, entry})),
];

/** Row of the cursor, which stays on its job when that ends; -1 if there is none. */
export const activityCursor = (rows: readonly ActivityRow[], {id, index}: UiState['activity']): number => {
	const found = rows.findIndex(row => row.id === id);
	return found === -1 ? Math.min(index, rows.length - 1) : found;
};

export const selectedActivity = (ui: Shown): ActivityRow | undefined => {
	const rows = activityRows(ui);
	return rows[activityCursor(rows, ui.activity)];
};

const seconds = (milliseconds: number): string => `${(Math.max(milliseconds, 0) / 1000).toFixed(milliseconds < 10_000 ? 1 : 0)} s`;

/** What a row is called: its command line, or the title of a job that changes nothing. */
export const activityTitle = (row: ActivityRow): string => clean(row.type === 'job' && row.job.commands.length === 0
	? row.job.title
	: commandLineOf(row.type === 'job' ? row.job : row.entry));

export const activityState = (row: ActivityRow): string => row.type === 'entry' ? row.entry.outcome : (row.job.isCancelled ? 'cancelling' : 'running');

/** How far a job is, or what was done. */
export const activityResult = (row: ActivityRow): string => clean(row.type === 'job' ? row.job.progress : row.entry.result);

const barWidth = 20;

const bar = (share: number, full: string, empty: string): string => {
	const number = Math.round(share * barWidth);
	return full.repeat(number) + empty.repeat(barWidth - number);
};

/** Everything about a row, as lines: the parts of a job with their progress, or results and reasons. */
export const activityDetails = (row: ActivityRow, glyphs?: {readonly full: string; readonly empty: string}): readonly string[] => {
	if (row.type === 'job') {
		return [
			clean(row.job.title),
			...row.job.parts.map(({id, status, share}) => {
				const progress = share === undefined ? '' : `${glyphs ? `${bar(share, glyphs.full, glyphs.empty)} ` : ''}${Math.floor(share * 100)}% `;
				return `${id}  ${progress}${status}`;
			}),
		];
	}

	const {title, startedAt, endedAt, result, failures, host} = row.entry;
	return [
		`${clean(title)}, took ${seconds(endedAt - startedAt)}${host === undefined || host === ownHost || host === demoHost ? '' : `, on ${clean(host)}`}`,
		...result === '' ? [] : [clean(result)],
		...failures.map(({name, message, remedy}) => clean(`${name}: ${message}${remedy === undefined ? '' : ` (${remedy})`}`)),
	];
};

/** What can be done with a row. */
export const activityHints = (row: ActivityRow): readonly string[] => row.type === 'job'
	? ['x cancels']
	: ['y copies', ...row.entry.repeat ? ['Enter repeats'] : [], ...row.entry.undo && row.entry.outcome !== 'undone' ? ['u undoes'] : []];
