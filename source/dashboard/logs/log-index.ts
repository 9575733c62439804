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

	const look = (sequence: number, end: number): {readonly filtered: number[]; readonly matches: number[]} => {
		const found: {filtered: number[]; matches: number[]} = {filtered: [], matches: []};
		for (; sequence < end; sequence++) {
			const text = buffer.get(sequence)?.text ?? '';
			if (filter) {
				if (!isMatch(filter, text)) {
					continue;
				}

				found.filtered.push(sequence);
			}

			if (search && isMatch(search, text)) {
				found.matches.push(sequence);
			}
		}

		return found;
	};

	const add = (sequence: number, end: number, isOlder: boolean) => {
		if ((!filter && !search) || sequence >= end) {
			return;
		}

		const found = look(sequence, end);
		filtered = isOlder ? [...found.filtered, ...filtered] : [...filtered, ...found.filtered];
		matches = isOlder ? [...found.matches, ...matches] : [...matches, ...found.matches];
	};

	return {
		update(patterns) {
			const first = buffer.first();
			const next = buffer.next();
			if (patterns.filter !== filter || patterns.search !== search || next < seen) {
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
	};
};
