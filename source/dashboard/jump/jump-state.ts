import {lastResult} from '../state/memo.js';
import type {Dialog, UiState} from '../state/ui-state.js';
import {findEntries, type Found} from './entries.js';

export type JumpDialog = Extract<Dialog, {type: 'jump'}>;

/** Entries remembered as visited. */
const mostRecent = 12;

const find = lastResult(findEntries);

/** What an open jump field has found. */
export const foundBy = ({entries, text}: JumpDialog, {recent}: Pick<UiState, 'recent'>): Found => find(entries, text, recent);

export const withRecent = (recent: readonly string[], key: string): readonly string[] =>
	[key, ...recent.filter(other => other !== key)].slice(0, mostRecent);
