import type {Run} from './decode.js';

export type LogLine = {
	/** Which of the followed containers it came from. */
	readonly source: number;
	readonly stream: 'stdout' | 'stderr';
	/** RFC 3339, UTC. */
	readonly timestamp: string;
	readonly text: string;
	readonly runs?: readonly Run[];
	/** Bytes of its end that were not kept. */
	readonly cutBytes?: number;
};

/**
The last lines of what is followed, never more than its capacity. Every line has a number that stays its own while lines come and go at both ends.
*/
export type LogBuffer = {
	/** Number of the oldest line that is kept; lines may be added before it. */
	readonly first: () => number;
	/** Number that the next line will get. */
	readonly next: () => number;
	readonly get: (sequence: number) => LogLine | undefined;
	readonly push: (lines: readonly LogLine[]) => void;
	/** Adds older lines before the oldest. */
	readonly prepend: (lines: readonly LogLine[]) => void;
	/** Lines that were let go for want of room. */
	readonly dropped: () => number;
	/** What is kept stays as long as it is held, and what has no room then is counted and not kept. */
	readonly hold: (isHeld: boolean) => void;
	/** Lines that were not kept while it was held. */
	readonly skipped: () => number;
	readonly clear: () => void;
};

// Characters of text that are kept at most, whatever the number of lines: 100 bytes for each line of the default capacity, many times over.
const mostCharacters = 16_000_000;
const compactAfter = 4096;

export const createLogBuffer = (capacity: number): LogBuffer => {
	let lines: LogLine[] = [];
	// Lines before the head are let go already; they are taken out many at a time.
	let head = 0;
	let first = 0;
	let dropped = 0;
	let characters = 0;
	let limit = capacity;
	let isHeld = false;
	let skipped = 0;

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
			// What was asked for may stay until as many new lines have come.
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
		},
	};
};
