import test from 'ava';
import {createLogBuffer, type LogLine} from '../../../source/dashboard/logs/log-buffer.js';
import {createLogIndex} from '../../../source/dashboard/logs/log-index.js';
import {initialLogs, reduceLogs, windowOf, type LogsAction, type LogsContext, type LogsState} from '../../../source/dashboard/logs/logs-state.js';
import {isMatch, parsePattern, rangesOf} from '../../../source/dashboard/logs/pattern.js';

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
		return {index, next: buffer.next(), height, rowsOf: () => 1};
	};

	const act = (action: LogsAction) => {
		state = reduceLogs(state, action, context());
		return state;
	};

	const visible = (): string[] => {
		const {top, bottom} = windowOf(state.position, context());
		return Array.from({length: bottom - top + 1}, (_, offset) => buffer.get(index.at(top + offset)!)!.text);
	};

	return {push, act, visible, cursor: () => state.position.type === 'paused' ? buffer.get(state.position.cursor)?.text : undefined, state: () => state};
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
