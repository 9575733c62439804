import test from 'ava';
import {createLogBuffer, type LogLine} from '../../../source/dashboard/logs/log-buffer.js';
import {createLogIndex} from '../../../source/dashboard/logs/log-index.js';
import {cursorIndexOf, initialLogs, rangeOf, reduceLogs, windowOf, type LogsAction, type LogsContext, type LogsState} from '../../../source/dashboard/logs/logs-state.js';
import {isMatch, parsePattern, rangesOf} from '../../../source/dashboard/logs/pattern.js';

/** Wraps at ten columns. */
const wrappedRows = (text: string): number => Math.max(1, Math.ceil(text.length / 10));

const setup = (texts: readonly string[], height = 5) => {
	const buffer = createLogBuffer(1000);
	const index = createLogIndex(buffer);
	const push = (more: readonly string[]) => {
		buffer.push(more.map((text): LogLine => ({source: 0, stream: 'stdout', timestamp: '', text})));
	};

	push(texts);
	let state: LogsState = initialLogs;
	const context = (): LogsContext => {
		index.update(state);
		const textOf = (sequence: number) => buffer.get(sequence)!.text;
		return {
			index,
			next: buffer.next(),
			height,
			rowsOf: sequence => state.isWrapped ? wrappedRows(textOf(sequence)) : 1,
			room: 10,
			widthOfLine: sequence => textOf(sequence).length,
		};
	};

	const cursor = () => state.position.type === 'paused' ? buffer.get(index.at(cursorIndexOf(state.position, context()))!)?.text : undefined;

	/** The rows on the screen: line and row of it. */
	const rows = (): string[] => {
		const {top, above, bottom, below} = windowOf(state.position, context());
		const all = Array.from({length: bottom - top + 1}, (_, offset) => buffer.get(index.at(top + offset)!)!.text)
			.flatMap(text => Array.from({length: state.isWrapped ? wrappedRows(text) : 1}, (_, row) => `${text[0]}${row}`));
		return all.slice(above, all.length - below);
	};

	const copied = (): string[] => {
		const {from, to} = rangeOf(state.position, context());
		return Array.from({length: to - from + 1}, (_, offset) => buffer.get(index.at(from + offset)!)!.text);
	};

	const act = (action: LogsAction) => {
		state = reduceLogs(state, action, context());
		return state;
	};

	const visible = (): string[] => {
		const {top, bottom} = windowOf(state.position, context());
		return Array.from({length: bottom - top + 1}, (_, offset) => buffer.get(index.at(top + offset)!)!.text);
	};

	return {push, act, visible, cursor, rows, copied, state: () => state};
};

const numbers = Array.from({length: 20}, (_, index) => `n${index}`);

test('logs follow the end until they are scrolled, then stay in place', t => {
	const {act, visible, push, state} = setup(numbers);
	t.deepEqual(visible(), ['n15', 'n16', 'n17', 'n18', 'n19']);
	push(['n20']);
	t.is(visible().at(-1), 'n20');
	act({type: 'move', by: -1});
	const before = visible();
	push(['n21', 'n22']);
	t.deepEqual(visible(), before);
	t.like(state().position, {type: 'paused', newFrom: 21});
	act({type: 'follow'});
	t.is(visible().at(-1), 'n22');
});

test('the screen moves only as far as the cursor requires', t => {
	const {act, visible, cursor} = setup(numbers);
	act({type: 'move', by: -4});
	t.is(cursor(), 'n15');
	t.deepEqual(visible(), ['n15', 'n16', 'n17', 'n18', 'n19']);
	act({type: 'move', by: -1});
	t.deepEqual(visible(), ['n14', 'n15', 'n16', 'n17', 'n18']);
	act({type: 'move', by: 1});
	t.deepEqual(visible(), ['n14', 'n15', 'n16', 'n17', 'n18']);
	act({type: 'first'});
	t.deepEqual(visible(), ['n0', 'n1', 'n2', 'n3', 'n4']);
});

test('matches are visited in both directions and wrap around', t => {
	const {act, cursor, state} = setup(['a', 'x1', 'b', 'x2', 'c', 'x3']);
	act({type: 'search', text: String.raw`x\d`});
	t.false(state().search?.isLiteral);
	act({type: 'previousMatch'});
	t.is(cursor(), 'x3');
	act({type: 'previousMatch'});
	t.is(cursor(), 'x2');
	act({type: 'nextMatch'});
	act({type: 'nextMatch'});
	t.is(cursor(), 'x1');
});

test('a filtered line is shown in context', t => {
	const {act, visible, cursor, state} = setup(numbers);
	act({type: 'filter', text: '^n1'});
	t.deepEqual(visible(), ['n15', 'n16', 'n17', 'n18', 'n19']);
	act({type: 'first'});
	act({type: 'move', by: 1});
	t.is(cursor(), 'n10');
	act({type: 'toContext'});
	t.is(state().filter, undefined);
	t.is(cursor(), 'n10');
	t.true(visible().includes('n9') && visible().includes('n11'));
});

test('a filter can be inverted, and a few matches fill the screen from the top', t => {
	const {act, visible} = setup(numbers);
	act({type: 'move', by: -10});
	act({type: 'filter', text: '!^n1'});
	t.deepEqual(visible(), ['n5', 'n6', 'n7', 'n8', 'n9']);
	act({type: 'filter', text: '^n(1|19)$'});
	t.deepEqual(visible(), ['n1', 'n19']);
	act({type: 'filter', text: 'nothing like it'});
	t.deepEqual(visible(), []);
});

test('actions on an empty log do nothing', t => {
	const {act, visible} = setup([]);
	for (const action of [{type: 'move', by: -1}, {type: 'first'}, {type: 'nextMatch'}, {type: 'toContext'}, {type: 'togglePause'}, {type: 'page', by: 1}] as const) {
		act(action);
		t.deepEqual(visible(), []);
	}
});

test('after a filter the cursor stays on its line, on the screen', t => {
	const {act, visible, cursor, state} = setup(numbers);
	act({type: 'filter', text: '[05]$'});
	act({type: 'first'});
	act({type: 'move', by: 1});
	t.is(cursor(), 'n5');
	act({type: 'undo'});
	t.is(state().filter, undefined);
	t.is(cursor(), 'n5');
	t.true(visible().includes('n5'));
	// While following there is no cursor to keep.
	act({type: 'follow'});
	act({type: 'filter', text: '5$'});
	act({type: 'undo'});
	t.is(state().position.type, 'following');
	t.is(visible().at(-1), 'n19');
});

test('one thing is undone at a time: the selection, the search, the filter', t => {
	const {act, state, cursor} = setup(numbers);
	act({type: 'filter', text: '1'});
	act({type: 'search', text: '3'});
	act({type: 'move', by: -1});
	act({type: 'select'});
	act({type: 'undo'});
	t.false('anchor' in state().position);
	t.truthy(state().search);
	act({type: 'undo'});
	t.is(state().search, undefined);
	t.truthy(state().filter);
	act({type: 'undo'});
	t.is(state().filter, undefined);
	t.is(cursor(), 'n18');
});

test('a filter that hides the line of the cursor shows it on the next one', t => {
	const {act, visible, cursor, copied} = setup(numbers);
	act({type: 'first'});
	act({type: 'move', by: 4});
	act({type: 'filter', text: '[05]$'});
	t.is(cursor(), 'n5');
	t.deepEqual(copied(), ['n5']);
	t.true(visible().includes('n5'));
	act({type: 'filter', text: '^n[12]$'});
	t.is(cursor(), 'n2');
	act({type: 'filter', text: ''});
	t.is(cursor(), 'n4');
});

test('the last line that is shown is copied, or the selected range', t => {
	const {act, copied, push} = setup(numbers);
	t.deepEqual(copied(), ['n19']);
	act({type: 'filter', text: '[05]$'});
	t.deepEqual(copied(), ['n15']);
	act({type: 'move', by: -1});
	act({type: 'select'});
	act({type: 'move', by: -1});
	t.deepEqual(copied(), ['n5', 'n10']);
	push(['n20']);
	act({type: 'move', by: 3});
	t.deepEqual(copied(), ['n10', 'n15', 'n20']);
	act({type: 'select'});
	t.deepEqual(copied(), ['n20']);
	act({type: 'follow'});
	act({type: 'select'});
	t.deepEqual(copied(), ['n20']);
	act({type: 'move', by: -1});
	t.deepEqual(copied(), ['n15', 'n20']);
});

const long = ['a', 'b'.repeat(95), 'c'.repeat(15), 'd'];

test('a wrapped line that is longer than the pane can be read whole, in both directions', t => {
	const {act, rows, cursor} = setup(long, 4);
	act({type: 'wrap'});
	t.deepEqual(rows(), ['b9', 'c0', 'c1', 'd0']);
	act({type: 'first'});
	const seen: string[][] = [rows()];
	for (let count = 0; count < 20; count++) {
		act({type: 'move', by: 1});
		seen.push(rows());
		t.true(rows().some(row => row.startsWith(cursor()![0]!)));
	}

	t.deepEqual([...new Set(seen.flat())].toSorted(), ['a0', ...Array.from({length: 10}, (_, row) => `b${row}`), 'c0', 'c1', 'd0']);
	t.is(cursor(), 'd');
	const back: string[][] = [];
	for (let count = 0; count < 20; count++) {
		act({type: 'move', by: -1});
		back.push(rows());
		t.true(rows().some(row => row.startsWith(cursor()![0]!)));
	}

	t.deepEqual([...new Set(back.flat())].toSorted(), [...new Set(seen.flat())].toSorted());
	t.is(cursor(), 'a');
	t.true([...seen, ...back].every(shown => shown.length === 4));
});

test('pages of wrapped lines skip nothing', t => {
	const {act, rows, cursor} = setup(long, 4);
	act({type: 'wrap'});
	act({type: 'first'});
	const seen = [rows()];
	for (let count = 0; count < 8; count++) {
		act({type: 'page', by: 1});
		seen.push(rows());
	}

	t.is(new Set(seen.flat()).size, 14);
	t.is(cursor(), 'd');
	for (let count = 0; count < 8; count++) {
		act({type: 'page', by: -1});
	}

	t.is(cursor(), 'a');
	t.is(rows()[0], 'a0');
});

test('a wheel scrolls wrapped lines by rows and follows again at the end', t => {
	const {act, rows, state} = setup(long, 4);
	act({type: 'wrap'});
	act({type: 'scroll', by: -3});
	t.deepEqual(rows(), ['b6', 'b7', 'b8', 'b9']);
	act({type: 'scroll', by: -3});
	t.deepEqual(rows(), ['b3', 'b4', 'b5', 'b6']);
	act({type: 'scroll', by: 2});
	t.deepEqual(rows(), ['b5', 'b6', 'b7', 'b8']);
	act({type: 'scroll', by: -30});
	t.deepEqual(rows(), ['a0', 'b0', 'b1', 'b2']);
	act({type: 'scroll', by: 30});
	t.is(state().position.type, 'following');
});

test('long lines are scrolled by half screens, to their end and their start', t => {
	const {act, state, rows} = setup(long, 4);
	act({type: 'scrollColumns', by: 1});
	t.is(state().column, 5);
	for (let count = 0; count < 50; count++) {
		act({type: 'scrollColumns', by: 1});
	}

	t.is(state().column, 85);
	act({type: 'scrollColumns', by: -1});
	t.is(state().column, 80);
	act({type: 'lineStart'});
	t.is(state().column, 0);
	act({type: 'first'});
	act({type: 'move', by: 2});
	act({type: 'lineEnd'});
	t.is(state().column, 5);
	act({type: 'wrap'});
	act({type: 'move', by: -1});
	t.is(state().column, 0);
	act({type: 'lineEnd'});
	t.is(rows().at(-1), 'b9');
	act({type: 'lineStart'});
	t.is(rows()[0], 'b0');
});

test('the cursor stays on the screen when lines get longer', t => {
	const {act, visible, cursor} = setup(long, 4);
	act({type: 'first'});
	t.is(cursor(), 'a');
	act({type: 'wrap'});
	t.true(visible().includes('a'));
});

test('errors are found once each, with the filter, and again after lines were dropped or added', t => {
	const buffer = createLogBuffer(100);
	const index = createLogIndex(buffer);
	const line = (text: string): LogLine => ({source: 0, stream: 'stdout', timestamp: '', text});
	const errors = (filter?: string) => {
		index.update({filter: filter === undefined ? undefined : parsePattern(filter)});
		while (!index.hasAllErrors(7)) {
			// Looks at the next lines.
		}

		return index.errors().map(sequence => buffer.get(sequence)!.text);
	};

	t.deepEqual(errors(), []);
	buffer.push(Array.from({length: 60}, (_, number) => line(number % 20 === 0 ? `ERROR ${number}` : `info: ${number}`)));
	t.deepEqual(errors(), ['ERROR 0', 'ERROR 20', 'ERROR 40']);
	t.deepEqual(errors('2'), ['ERROR 20']);
	buffer.push(Array.from({length: 70}, (_, number) => line(`[error] ${number}`.slice(0, number === 69 ? 99 : 0))));
	t.deepEqual(errors(), ['ERROR 40', '[error] 69']);
	buffer.prepend([line('panic: older'), line('fine')]);
	t.deepEqual(errors(), ['panic: older', 'ERROR 40', '[error] 69']);
	buffer.clear();
	t.deepEqual(errors(), []);
	buffer.push(Array.from({length: 100}, (_, number) => line(`ERROR new ${number}`)));
	t.is(errors().length, 100);
});

test('patterns are regular expressions or else literal text; upper case makes them case-sensitive', t => {
	t.true(isMatch(parsePattern('err.r')!, 'an ERROR'));
	t.false(isMatch(parsePattern('Err')!, 'an error'));
	t.true(isMatch(parsePattern(String.raw`\Derr`)!, 'an ERR'));
	const literal = parsePattern('a(b')!;
	t.true(literal.isLiteral);
	t.true(isMatch(literal, 'xA(B'));
	t.is(parsePattern(''), undefined);
	t.is(parsePattern('!', {mayInvert: true}), undefined);
	t.deepEqual(rangesOf(parsePattern('o')!, 'foo bo'), [[1, 2], [2, 3], [5, 6]]);
	t.deepEqual(rangesOf(parsePattern('x*')!, 'abc'), []);
});
