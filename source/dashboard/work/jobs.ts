import type {Engine} from '../../engine/engine.js';
import {clean} from '../../text/fit.js';
import {withEntry, type HistoryEntry} from '../activity/history.js';
import type {Store} from '../state/store.js';
import type {Job, Part, UiState} from '../state/ui-state.js';
import {failureOf, type Failure} from './execute.js';
import {namesOf} from './result.js';

/** A running job's cancellation and progress. */
export type JobHandle = {readonly signal: AbortSignal; readonly report: (progress: string, parts?: readonly Part[]) => void};

/** What a job has done. */
export type Report = {
	/** In one line, with the names of the objects. */
	readonly result: string;
	readonly failures?: readonly Failure[];
	/** How it is undone. */
	readonly undo?: () => void;
	/** Default after a question. */
	readonly undoes?: HistoryEntry['undoes'];
	/** The command lines of what was really done; without any it is not kept. */
	readonly commands?: readonly string[];
};

/** What the history keeps of a job that changes the engine. */
export type Deed = {
	/** The equivalent command lines. */
	readonly commands: readonly string[];
	/** Asks to do it again. */
	readonly repeat?: () => void;
	/** Called with a failure in place of the dialog. */
	readonly onFailure?: (failure: Failure) => void;
};

/** Runs a job. Its report is shown; an error opens a dialog. With a deed it is kept in the history. */
export type RunJob = (title: string, run: (job: JobHandle) => Promise<Report | void>, deed?: Deed) => Promise<void>;

/** The same with the engine. */
export type RunWork = (title: string, run: (engine: Engine, job: JobHandle) => Promise<Report | void>, deed?: Deed) => Promise<void>;

type Parts = {
	readonly store: Pick<Store, 'engine' | 'getState' | 'refresh'>;
	readonly now: () => number;
	readonly getState: () => UiState;
	readonly set: (change: Partial<UiState>) => void;
	readonly fail: (title: string, failures: readonly Failure[]) => void;
};

type Ending = Pick<HistoryEntry, 'outcome' | 'result'> & Partial<Pick<HistoryEntry, 'commands' | 'failures' | 'undo' | 'undoes'>>;

/** Creates what runs jobs and keeps what they did. */
export const createJobs = ({store, now, getState, set, fail}: Parts): {readonly job: RunJob; readonly work: RunWork} => {
	let lastJob = 0;

	const job: RunJob = async (title, run, deed) => {
		const controller = new AbortController();
		lastJob++;
		const id = lastJob;
		const startedAt = now();
		const {host} = store.getState().target ?? {};
		const isHere = () => getState().jobs.some(other => other.id === id);
		const others = () => getState().jobs.filter(other => other.id !== id);

		const change = (changed: Partial<Job>) => {
			set({jobs: getState().jobs.map(other => other.id === id ? {...other, ...changed} : other)});
		};

		/** What ends the job and keeps it in the history. */
		const ended = ({commands = deed?.commands ?? [], ...ending}: Ending): Partial<UiState> => ({
			jobs: others(),
			...deed && commands.length > 0 && {history: withEntry(getState().history, {
				id,
				title,
				commands,
				...host !== undefined && {host},
				startedAt,
				endedAt: now(),
				failures: [],
				...deed.repeat && {repeat: deed.repeat},
				...ending,
			})},
		});

		const finish = ({result, failures = [], undo, undoes, commands}: Report) => {
			set({
				...ended({
					outcome: failures.length > 0 ? 'failed' : 'done', result, failures, ...undo && {undo, undoes}, ...commands && {commands},
				}),
				...result !== '' && {notice: clean(result)},
			});
			if (failures.length > 0) {
				fail(`${title}: failed for ${namesOf(failures, 'item')}`, failures);
			}
		};

		const lose = (error: unknown) => {
			if (controller.signal.aborted) {
				const result = `${title}: cancelled`;
				set({...ended({outcome: 'cancelled', result}), notice: clean(result)});
				return;
			}

			const failure = failureOf(title, error);
			const {dialog, prompt} = getState();
			set({
				...ended({outcome: 'failed', result: failure.message, failures: [failure]}),
				// A dialog that opens now says it itself.
				...(dialog ?? prompt) && {notice: clean(`${title}: ${failure.message}`)},
			});
			if (deed?.onFailure) {
				deed.onFailure(failure);
			} else {
				fail(title, [failure]);
			}
		};

		set({
			jobs: [...getState().jobs, {
				id,
				title,
				progress: '',
				parts: [],
				startedAt,
				commands: deed?.commands ?? [],
				isCancelled: false,
				cancel() {
					change({isCancelled: true});
					controller.abort();
				},
			}],
		});
		try {
			finish(await run({
				signal: controller.signal,
				report(progress, parts) {
					const before = getState().jobs.find(other => other.id === id);
					if (before && (before.progress !== progress || (parts && before.parts !== parts))) {
						change({progress, ...parts && {parts}});
					}
				},
			}) ?? {result: ''});
		} catch (error) {
			lose(error);
		} finally {
			if (isHere()) {
				set({jobs: others()});
			}

			store.refresh();
		}
	};

	return {job, work: async (title, run, deed) => job(title, async handle => run(store.engine(), handle), deed)};
};
