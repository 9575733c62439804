import type {Run} from './decode.js';

export type LogLine = {
	/** Index of the followed container. */
	readonly source: number;
	readonly stream: 'stdout' | 'stderr';
	/** RFC 3339, UTC. */
	readonly timestamp: string;
	readonly text: string;
	readonly runs?: readonly Run[];
	/** Bytes cut off its end. */
	readonly cutBytes?: number;
};

/**
The last lines, as many as its capacity, and more only after `prepend`. Every line has a sequence number that stays the same while lines are added and dropped at both ends.
*/
export type LogBuffer = {
	/** Sequence of the oldest line. */
	readonly first: () => number;
	/** Sequence of the next line. */
	readonly next: () => number;
	readonly get: (sequence: number) => LogLine | undefined;
	readonly push: (lines: readonly LogLine[]) => void;
	/** Adds older lines before the oldest. */
	readonly prepend: (lines: readonly LogLine[]) => void;
	/** Number of old lines dropped to make room. */
	readonly dropped: () => number;
	/** While held, keeps the old lines and skips new ones that do not fit. */
	readonly hold: (isHeld: boolean) => void;
	/** Number of new lines skipped while held. */
	readonly skipped: () => number;
	readonly clear: () => void;
	/** How often it was cleared: sequences then begin again. */
	readonly generation: () => number;
};

// Characters of text kept at most, whatever the number of lines: 800 for each line of the default capacity.
const mostCharacters = 16_000_000;
const compactAfter = 4096;

export const createLogBuffer = (capacity: number): LogBuffer => {
	let lines: LogLine[] = [];
	// Lines before the head are dropped; the array is compacted now and then.
	let head = 0;
	let first = 0;
	let dropped = 0;
	let characters = 0;
	let limit = capacity;
	let isHeld = false;
	let skipped = 0;
	let generation = 0;

	const trim = () => {
		while (lines.length - head > 1 && (lines.length - head > limit || characters > mostCharacters)) {
			characters -= lines[head]!.text.length;
			(lines as unknown[])[head] = undefined;
			head++;
			first++;
			dropped++;
		}

		if (head > compactAfter) {
			lines = lines.slice(head);
			head = 0;
		}
	};

	return {
		first: () => first,
		next: () => first + lines.length - head,
		get: sequence => sequence < first ? undefined : lines[sequence - first + head],
		push(added) {
			for (const line of added) {
				if (isHeld && (lines.length - head >= limit || characters > mostCharacters)) {
					skipped++;
				} else {
					lines.push(line);
					characters += line.text.length;
				}
			}

			trim();
		},
		prepend(added) {
			// Older lines that were requested stay until as many new lines arrive.
			limit = Math.min(capacity * 2, Math.max(limit, lines.length - head + added.length));
			lines = [...added, ...lines.slice(head)];
			head = 0;
			first -= added.length;
			dropped = Math.max(0, dropped - added.length);
			characters += added.reduce((sum, {text}) => sum + text.length, 0);
			trim();
		},
		dropped: () => dropped,
		hold(isNowHeld) {
			isHeld = isNowHeld;
		},
		skipped: () => skipped,
		clear() {
			lines = [];
			head = 0;
			first = 0;
			dropped = 0;
			skipped = 0;
			characters = 0;
			limit = capacity;
			generation++;
		},
		generation: () => generation,
	};
};
