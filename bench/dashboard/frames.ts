import {Buffer} from 'node:buffer';
import {setTimeout as sleep} from 'node:timers/promises';
import type {BenchTerminal, Written} from './terminal.js';

/** One synchronized update; `at` is the time of its last byte. */
export type Frame = {readonly at: number; readonly bytes: number; readonly text: string};

const begin = Buffer.from('\u{1B}[?2026h');
const end = Buffer.from('\u{1B}[?2026l');

/** The frames in a program's output, marked by DEC private mode 2026. */
export const framesOf = (written: readonly Written[]): readonly Frame[] => {
	const frames: Frame[] = [];
	let held: Buffer = Buffer.alloc(0);
	for (const {at, bytes} of written) {
		held = Buffer.concat([held, bytes]);
		for (let last = held.indexOf(end); last !== -1; last = held.indexOf(end)) {
			const first = Math.max(0, held.indexOf(begin));
			const frame = held.subarray(first, last + end.length);
			frames.push({at, bytes: frame.length, text: frame.toString()});
			held = held.subarray(last + end.length);
		}
	}

	return frames;
};

/** The percentile by the nearest-rank method. */
export const percentileOf = (values: readonly number[], percent: number): number =>
	values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * percent / 100) - 1)]!;

export type Answered = {readonly milliseconds: number; readonly bytes: number};

/** Presses a key and measures time and bytes until its frame is written. */
export type Answer = (terminal: BenchTerminal, key: string) => Promise<Answered>;

// The style of the cursor's row in the focused pane, with the text that follows it.
const selected = /\u{1B}\[(?:[\d;]*;)?48;5;24m(?<text>[^\u{1B}]*)/gv; // eslint-disable-line no-control-regex, regexp/no-control-character -- it is how it is painted

const selectedIn = ({text}: Frame): string => text.matchAll(selected).map(match => match.groups!.text!).toArray().join('').trim();

/** For the dashboard: until the last byte of the first frame that selects another row. */
export const untilSelected: Answer = async (terminal, key) => {
	const first = terminal.written.length;
	const before = terminal.written.length > 0 ? framesOf(terminal.written.slice(-40)).findLast(frame => selectedIn(frame) !== '') : undefined;
	const pressedAt = await terminal.press(key);
	const frame = await terminal.until(() => framesOf(terminal.written.slice(first)).find(each => each.at > pressedAt && selectedIn(each) !== '' && (!before || selectedIn(each) !== selectedIn(before))));
	return {milliseconds: frame.at - pressedAt, bytes: frame.bytes};
};

const quiet = 80;

/** For programs that do not mark their frames: until the last byte before a silence. */
export const untilQuiet: Answer = async (terminal, key) => {
	const first = terminal.written.length;
	const pressedAt = await terminal.press(key);
	const after = () => terminal.written.slice(first).filter(({at}) => at > pressedAt);
	await terminal.until(() => after().at(0));
	await terminal.isQuiet(quiet);
	const all = after();
	// Later output is not an answer to the key.
	const pause = all.findIndex(({at}, index) => index > 0 && at - all[index - 1]!.at > quiet);
	const answer = pause === -1 ? all : all.slice(0, pause);
	return {milliseconds: answer.at(-1)!.at - pressedAt, bytes: answer.reduce((sum, {bytes}) => sum + bytes.length, 0)};
};

/** Median and 95th percentile of the milliseconds, median of the bytes. */
export type KeyFigures = readonly [p50: number, p95: number, bytes: number];

/** Presses keys one after the other, with pauses as in reading. */
export const pressKeys = async (terminal: BenchTerminal, keys: readonly string[], answer: Answer): Promise<KeyFigures> => {
	const answers: Answered[] = [];
	for (const [index, key] of keys.entries()) {
		answers.push(await answer(terminal, key));
		// Varies, so that presses are not in step with the program's timers.
		await sleep(60 + index * 37 % 90);
	}

	const times = answers.map(({milliseconds}) => milliseconds);
	return [percentileOf(times, 50), percentileOf(times, 95), percentileOf(answers.map(({bytes}) => bytes), 50)];
};
