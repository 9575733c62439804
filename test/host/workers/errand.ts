/** What the worker is asked to do. */
export type Errand =
	| {readonly do: 'remember'; readonly word: string; readonly afterMs?: number}
	| {readonly do: 'recall'}
	| {readonly do: 'refuse'}
	| {readonly do: 'fail'}
	/** Ends the process, but only as often as `times` says by what is in the file. */
	| {readonly do: 'crash'; readonly file: string; readonly times: number}
	| {readonly do: 'hang'}
	| {readonly do: 'environment'};
