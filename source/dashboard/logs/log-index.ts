import {isError, levelOf} from './level.js';
import type {LogBuffer} from './log-buffer.js';
import {isMatch, type Pattern} from './pattern.js';

/** The lines of a buffer that pass the filter and those that match the search, updated incrementally. */
export type LogIndex = {
	/** Indexes new lines, or all of them after a pattern changed. */
	readonly update: (patterns: {readonly filter?: Pattern; readonly search?: Pattern}) => void;
	/** Number of lines that pass the filter. */
	readonly count: () => number;
	/** Sequence of the n-th of them. */
	readonly at: (index: number) => number | undefined;
	/** Index of the first of them at or after the sequence. */
	readonly indexOf: (sequence: number) => number;
	/** Sequences of those that match the search, in order. */
	readonly matches: () => readonly number[];
	/** Looks at up to so many lines for errors; true once all lines in the buffer were looked at. */
	readonly hasAllErrors: (most: number) => boolean;
	/** Sequences of the errors found among the lines that pass the filter, in order. */
	readonly errors: () => readonly number[];
};

/** The first index whose value is at least `wanted`; `values` are sorted. */
export const lowerBound = (values: readonly number[], wanted: number): number => {
	let low = 0;
	let high = values.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if (values[middle]! < wanted) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}

	return low;
};

const without = (values: number[], first: number): number[] => {
	const gone = lowerBound(values, first);
	return gone > 0 ? values.slice(gone) : values;
};

export const createLogIndex = (buffer: LogBuffer): LogIndex => {
	let filter: Pattern | undefined;
	let search: Pattern | undefined;
	let filtered: number[] = [];
	let matches: number[] = [];
	let from = 0;
	let seen = 0;
	let generation = buffer.generation();
	// Errors from the first sequence to before the last one; they do not depend on the filter.
	let found = {from: 0, to: 0, errors: [] as number[]};

	const look = (sequence: number, end: number): {readonly filtered: number[]; readonly matches: number[]} => {
		const passed: {filtered: number[]; matches: number[]} = {filtered: [], matches: []};
		for (; sequence < end; sequence++) {
			const text = buffer.get(sequence)?.text ?? '';
			if (filter) {
				if (!isMatch(filter, text)) {
					continue;
				}

				passed.filtered.push(sequence);
			}

			if (search && isMatch(search, text)) {
				passed.matches.push(sequence);
			}
		}

		return passed;
	};

	const add = (sequence: number, end: number, isOlder: boolean) => {
		if ((!filter && !search) || sequence >= end) {
			return;
		}

		const added = look(sequence, end);
		filtered = isOlder ? [...added.filtered, ...filtered] : [...filtered, ...added.filtered];
		matches = isOlder ? [...added.matches, ...matches] : [...matches, ...added.matches];
	};

	const errorsIn = (sequence: number, end: number): readonly number[] => {
		const errors: number[] = [];
		for (; sequence < end; sequence++) {
			if (isError(levelOf(buffer.get(sequence)?.text ?? ''))) {
				errors.push(sequence);
			}
		}

		return errors;
	};

	const hasAllErrors = (most: number): boolean => {
		const first = buffer.first();
		const next = buffer.next();
		if (first > found.to) {
			found = {from: first, to: first, errors: []};
		} else if (first > found.from) {
			found = {...found, from: first, errors: without(found.errors, first)};
		}

		const older = Math.max(first, found.from - most);
		const newer = Math.min(next, found.to + most - (found.from - older));
		found = {from: older, to: newer, errors: [...errorsIn(older, found.from), ...found.errors, ...errorsIn(found.to, newer)]};
		return older === first && newer === next;
	};

	return {
		update(patterns) {
			const first = buffer.first();
			const next = buffer.next();
			const isCleared = buffer.generation() !== generation;
			generation = buffer.generation();
			if (isCleared) {
				found = {from: first, to: first, errors: []};
			}

			if (patterns.filter !== filter || patterns.search !== search || isCleared) {
				({filter, search} = patterns);
				filtered = [];
				matches = [];
				add(first, next, false);
			} else {
				if (first < from) {
					add(first, Math.min(from, next), true);
				} else if (first > from) {
					filtered = without(filtered, first);
					matches = without(matches, first);
				}

				add(Math.max(seen, first), next, false);
			}

			from = first;
			seen = next;
		},
		count: () => filter ? filtered.length : seen - from,
		at: index => filter ? filtered[index] : (index >= 0 && from + index < seen ? from + index : undefined),
		indexOf: sequence => filter ? lowerBound(filtered, sequence) : Math.max(0, Math.min(seen - from, sequence - from)),
		matches: () => matches,
		hasAllErrors,
		errors: () => filter ? found.errors.filter(sequence => isMatch(filter!, buffer.get(sequence)?.text ?? '')) : found.errors,
	};
};
