import {causeWords} from '../../engine/exit-words.js';
import type {Container, EngineEvent} from '../../engine/resources.js';
import {clean, fit} from '../../text/fit.js';
import {endsOf, endWords} from './event-ends.js';
import {localTime} from './event-rows.js';

/** What happened to one container in a span of time. */
export type Lane = {
	readonly name: string;
	/** When it ran. */
	readonly runs: ReadonlyArray<{readonly from: number; readonly to: number}>;
	readonly starts: readonly number[];
	readonly ends: ReadonlyArray<{readonly time: number; readonly isFailure: boolean; readonly words: string}>;
};

type Span = {readonly from: number; readonly to: number};

/** Mutable, while the events are read. */
type Draft = {name: string; runs: Span[]; starts: number[]; ends: Array<Lane['ends'][number]>; runningSince?: number};

/** The containers of the events, and those that run, with what happened to them; those with failures first. */
export const lanesOf = (events: readonly EngineEvent[], containers: readonly Container[], {from, to}: Span): readonly Lane[] => {
	const ends = endsOf(events);
	const drafts = new Map<string, Draft>();
	const draftOf = (id: string, name: string) => {
		const draft = drafts.get(id) ?? {name, runs: [], starts: [], ends: []};
		drafts.set(id, draft);
		return draft;
	};

	for (const event of events) {
		const {type, action, id, time, attributes} = event;
		if (type !== 'container' || time < from || time > to) {
			continue;
		}

		const draft = draftOf(id, attributes.name ?? id.slice(0, 12));
		if (action === 'start') {
			draft.starts.push(time);
			draft.runningSince = time;
		} else if (action === 'die') {
			const end = ends.get(event)!;
			// One whose start is not among the events ran before them.
			draft.runs.push({from: draft.runningSince ?? (draft.ends.length === 0 ? from : time), to: time});
			draft.runningSince = undefined;
			draft.ends.push({time, isFailure: end.isFailure, words: endWords(end)});
		}
	}

	for (const {id, name, status, lastExit} of containers) {
		// A start that fails before its process runs has no event.
		if (lastExit?.cause.kind === 'start' && lastExit.startedAt === 0 && lastExit.at >= from && lastExit.at <= to) {
			draftOf(id, name).ends.push({time: lastExit.at, isFailure: true, words: causeWords(lastExit)});
		}

		if (status.state === 'running' || status.state === 'paused') {
			const draft = draftOf(id, name);
			draft.name = name;
			draft.runs.push({from: Math.max(from, draft.runningSince ?? status.startedAt), to});
			draft.runningSince = undefined;
		} else if (drafts.has(id)) {
			drafts.get(id)!.name = name;
		}
	}

	const failuresOf = (lane: Lane) => lane.ends.filter(({isFailure}) => isFailure).length;
	return drafts.values().map(({runningSince, ...lane}): Lane => ({
		...lane,
		// Gone, and its end is not among the events.
		runs: runningSince === undefined ? lane.runs : [...lane.runs, {from: runningSince, to: runningSince}],
	})).filter(({runs, ends: own}) => runs.length > 0 || own.length > 0).toArray()
		.toSorted((a, b) => failuresOf(b) - failuresOf(a) || a.name.localeCompare(b.name));
};

const tickWidth = 12;
const nameWidth = 20;
const mostFailures = 10;

/** The failures, the latest first. */
const failureLines = (lanes: readonly Lane[], now: number): readonly string[] => {
	const failures = lanes.flatMap(({name, ends}) => ends.filter(({isFailure}) => isFailure).map(({time, words}) => ({name, time, words})));
	const latest = failures.toSorted((a, b) => b.time - a.time);
	return latest.length === 0 ? ['No failures'] : [
		`Failures: ${latest.length}${latest.length > mostFailures ? `, the last ${mostFailures}` : ''}`,
		...latest.slice(0, mostFailures).map(({name, time, words}) => `  ${localTime(time, now)}  ${clean(name)}  ${clean(words)}`),
	];
};

/** A lane for each container on one axis of time. */
export const timelineLines = (lanes: readonly Lane[], {from, to, width, run}: Span & {
	readonly width: number;
	/** The character of a running container. */
	readonly run: string;
}): readonly string[] => {
	const room = Math.max(tickWidth, width - nameWidth - 3);
	const cellOf = (time: number) => Math.max(0, Math.min(room - 1, Math.floor((time - from) / Math.max(1, to - from) * room)));
	const ticks = Array.from({length: Math.floor(room / tickWidth)}, (_, index) =>
		localTime(from + ((to - from) * index * tickWidth / room), to).slice(-8, -3).padEnd(tickWidth));
	return [
		`  ${' '.repeat(nameWidth)} ${ticks.join('')}`,
		...lanes.map(({name, runs, starts, ends}) => {
			const cells = Array.from({length: room}, () => ' ');
			for (const {from: first, to: last} of runs) {
				cells.fill(run, cellOf(first), cellOf(last) + 1);
			}

			for (const time of starts) {
				cells[cellOf(time)] = '^';
			}

			for (const {time, isFailure} of ends.toSorted((a, b) => Number(a.isFailure) - Number(b.isFailure))) {
				cells[cellOf(time)] = isFailure ? 'X' : 'x';
			}

			return `  ${fit(clean(name), nameWidth)} ${cells.join('')}`;
		}),
		'',
		'^ start, X failure, x end on request or with status 0; one column is the time of several events',
		'',
		...failureLines(lanes, to),
	];
};

const times = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;

/** The same as sentences. */
export const timelineSentences = (lanes: readonly Lane[], {from, to}: Span): readonly string[] => [
	`From ${localTime(from, to)} to ${localTime(to, to)}`,
	...lanes.map(({name, runs, starts, ends}) => {
		const failures = ends.filter(({isFailure}) => isFailure).length;
		return `${clean(name)}: ${times(starts.length, 'start')}, ${times(ends.length, 'end')}, ${times(failures, 'failure')}, ${runs.at(-1)?.to === to ? 'runs now' : 'does not run'}`;
	}),
	...failureLines(lanes, to).map(line => line.trim()),
];
