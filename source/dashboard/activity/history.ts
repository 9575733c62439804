import type {Failure} from '../work/execute.js';

/** Something that was done from the dashboard. */
export type HistoryEntry = {
	readonly id: number;
	readonly title: string;
	/** The equivalent command lines, in their order. */
	readonly commands: readonly string[];
	/** Value of `--host` of the engine that it was done on. */
	readonly host?: string;
	/** Milliseconds since the epoch. */
	readonly startedAt: number;
	readonly endedAt: number;
	readonly outcome: 'done' | 'failed' | 'cancelled' | 'undone';
	/** What was done and to what, or why it failed. */
	readonly result: string;
	readonly failures: readonly Failure[];
	/** Asks to do it again. */
	readonly repeat?: () => void;
	readonly undo?: () => void;
	/** Whether undo asks first, so that it may not be undone. */
	readonly undoes?: 'at once' | 'after a question';
};

/** Number of entries kept. */
export const historyLength = 200;

/** Number of failures kept of an entry. */
const failuresKept = 20;

/** The history with one more entry at its beginning. */
export const withEntry = (history: readonly HistoryEntry[], entry: HistoryEntry): readonly HistoryEntry[] =>
	[{...entry, failures: entry.failures.slice(0, failuresKept)}, ...history].slice(0, historyLength);

/** The command lines of an entry as one line. */
export const commandLineOf = ({commands}: Pick<HistoryEntry, 'commands'>): string => commands.join(' && ');
