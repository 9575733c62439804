import {stripVTControlCharacters} from 'node:util';
import test from 'ava';
import {createTheme} from '../../../source/dashboard/frame/theme.js';
import type {LogLine} from '../../../source/dashboard/logs/log-buffer.js';
import {rowsFor, rowsOfLine, startsOf} from '../../../source/dashboard/logs/log-rows.js';
import {initialLogs, type LogsState} from '../../../source/dashboard/logs/logs-state.js';
import {parsePattern} from '../../../source/dashboard/logs/pattern.js';
import {widthOf} from '../../../source/text/width.js';

const line = (text: string, given: Partial<LogLine> = {}): LogLine => ({source: 0, stream: 'stdout', timestamp: '2026-11-30T10:01:02.345Z', text, ...given});

type Given = {
	readonly state?: Partial<LogsState>;
	readonly isCursor?: boolean;
	readonly isSelected?: boolean;
	readonly isFocused?: boolean;
	readonly width?: number;
	readonly names?: readonly string[];
};

const themes = [createTheme({name: 'dark', depth: '256', ascii: false}), createTheme({name: 'light', depth: '16', ascii: false}), createTheme({name: 'dark', depth: 'none', ascii: true})];

const rows = (given: LogLine, {state = {}, isCursor = false, isSelected = false, isFocused = true, width = 22, names = ['web']}: Given = {}, theme = themes[0]!) =>
	rowsFor(given, {state: {...initialLogs, ...state}, width, names, isCursor, isSelected, isFocused, theme, now: 0});

const texts = (...given: Parameters<typeof rows>) => rows(...given).map(row => stripVTControlCharacters(row));

const red = line('a red word', {runs: [{at: 2, sgr: '31'}, {at: 5, sgr: ''}]});
const kinds: readonly LogLine[] = [line('plain'), line('of stderr', {stream: 'stderr'}), red, line('ERROR of it'), line('the match here'), line('')];

test('the cursor is seen on every line: of stderr, with colours, with a match, empty', t => {
	for (const theme of themes) {
		for (const kind of kinds) {
			for (const isFocused of [true, false]) {
				for (const state of [{}, {search: parsePattern('match')}, {column: 3}, {isWrapped: true}]) {
					const [on] = rows(kind, {isCursor: true, isFocused, state}, theme);
					const [off] = rows(kind, {isFocused, state}, theme);
					t.not(on, off, JSON.stringify([kind.text, theme.depth]));
					const style = theme.paint(isFocused ? 'selected' : 'selectedElsewhere', 'x').split('x')[0]!;
					t.true(on!.includes(style), JSON.stringify([kind.text, theme.depth, on]));
				}
			}
		}
	}
});

test('a match stays visible under the cursor', t => {
	const [row] = rows(line('the match here'), {isCursor: true, state: {search: parsePattern('match')}});
	t.true(row!.includes(themes[0]!.paint('currentMatch', 'match')));
});

test('one mark for the level; stderr has no colour of its own', t => {
	t.deepEqual(kinds.map(kind => texts(kind)[0]!.slice(0, 4)), ['  pl', '2 of', '  a ', 'E ER', '  th', ' '.repeat(4)]);
	const theme = themes[0]!;
	t.true(rows(line('ERROR of it', {stream: 'stderr'}))[0]!.startsWith(`${theme.paint('bad', 'E')} ERROR of it`));
	t.true(rows(line('of stderr', {stream: 'stderr'}))[0]!.startsWith(`${theme.paint('dim', '2')} of stderr`));
	t.deepEqual(['panic: x', 'warning: x', '[info] x', 'DEBUG x', 'TRACE x'].map(text => texts(line(text))[0]![0]), ['F', 'W', 'I', 'D', 'T']);
});

test('every row has the width of the pane', t => {
	const given = ['', 'short', 'x'.repeat(100), '漢字'.repeat(30), 'a漢字'.repeat(20), 'e\u{301}'.repeat(60), '{"a":1,"level":"error","msg":"漢字漢字漢字漢字漢字"}'];
	const forms = ['raw', 'columns', 'pretty'] as const;
	const sides = [{isWrapped: true}, ...[0, 1, 2, 3, 10, 200].map(column => ({column}))];
	const states = forms.flatMap(form => sides.map(side => ({form, ...side})));
	const cases = given.flatMap(text => states.flatMap(state => [4, 8, 21, 22].map(width => ({text, width, state}))));
	for (const {text, width, state} of cases) {
		for (const theme of themes) {
			t.deepEqual(texts(line(text), {state, width}, theme).filter(row => widthOf(row) !== width), [], JSON.stringify({text, width, state}));
		}
	}
});

test('wrapped rows have the whole text, also with wide characters at the border', t => {
	for (const text of ['', 'aa漢bbb', '漢字漢字漢字a', 'x'.repeat(33), 'a漢'.repeat(11)]) {
		for (const room of [1, 2, 3, 5, 20]) {
			const starts = startsOf(text, room);
			t.is(starts.map((from, index) => text.slice(from, starts[index + 1])).join(''), text, JSON.stringify([text, room]));
			const given = line(text);
			const sheet = {state: {...initialLogs, isWrapped: true}, width: room + 2, sources: 1, now: 0};
			t.is(rowsOfLine(given, sheet), starts.length);
			t.is(rows(given, {state: sheet.state, width: sheet.width}).length, starts.length);
		}
	}
});

test('marks at the border say that a line goes on', t => {
	const long = line('0123456789abcdefghijklmnopqrstuvwxyz');
	t.deepEqual(texts(long), ['  0123456789abcdefghi›']);
	t.deepEqual(texts(long, {state: {column: 10}}), ['  ‹bcdefghijklmnopqrs›']);
	t.deepEqual(texts(long, {state: {column: 16}}), ['  ‹hijklmnopqrstuvwxyz']);
	t.deepEqual(texts(long, {state: {column: 50}}), [`  ‹${' '.repeat(19)}`]);
	t.deepEqual(texts(line('0123456789abcdefghij')), ['  0123456789abcdefghij']);
	t.deepEqual(texts(long, {state: {column: 10}}, themes[2]), ['  <bcdefghijklmnopqrs>']);
});

test('several containers and times are before the text, of the first row only', t => {
	const [first, second] = texts(line('x'.repeat(30), {source: 1}), {state: {isWrapped: true, times: 'utc'}, names: ['one', 'two'], width: 47});
	t.is(first, `  11-30 10:01:02 two            ${'x'.repeat(15)}`);
	t.is(second, `${' '.repeat(32)}${'x'.repeat(15)}`);
});

test('lines with thousands of colours and matches are painted in time', t => {
	const started = performance.now();
	const runs = Array.from({length: 4000}, (_, index) => ({at: Math.floor(index / 2), sgr: index % 2 === 0 ? '31' : ''}));
	const state = {isWrapped: true, search: parsePattern('x')};
	for (let count = 0; count < 20; count++) {
		rows(line('x'.repeat(16_000), {runs}), {state, width: 80});
		rows(line('漢'.repeat(5000), {runs}), {state, width: 80});
	}

	t.true(performance.now() - started < 20_000);
});
