/** A request to the worker. */
export type Errand =
	| {readonly do: 'remember'; readonly word: string; readonly afterMs?: number}
	| {readonly do: 'recall'}
	| {readonly do: 'refuse'}
	| {readonly do: 'fail'}
	/** Exits the process, at most `times` times, counted in the file. */
	| {readonly do: 'crash'; readonly file: string; readonly times: number}
	| {readonly do: 'hang'}
	| {readonly do: 'environment'};
