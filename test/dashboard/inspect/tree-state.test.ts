import test from 'ava';
import {matchesOf, openTree, reduceTree, treeLines, valueAt, type TreeAction} from '../../../source/dashboard/inspect/tree-state.js';

const root = {name: 'web', ports: [{host: 80}, {host: 443}], labels: {}, source: {Id: 'x'}, missing: undefined};

const after = (...actions: readonly TreeAction[]) => {
	let state = openTree('web', root);
	for (const action of actions) {
		state = reduceTree(state, action);
	}

	return state;
};

const keys = (state: ReturnType<typeof after>) => treeLines(state).map(({depth, key, value}) => `${' '.repeat(depth)}${key}${value === undefined ? '' : `=${value}`}`);

test('a tree shows all fields, with redundant ones folded', t => {
	t.deepEqual(keys(after()), ['name="web"', 'ports', ' 0', '  host=80', ' 1', '  host=443', 'labels={}', 'source']);
});

test('branches fold and unfold, and folding a leaf goes to its parent', t => {
	const folded = after({type: 'move', by: 1}, {type: 'toggle'});
	t.deepEqual(keys(folded), ['name="web"', 'ports', 'labels={}', 'source']);
	t.deepEqual(keys(reduceTree(folded, {type: 'unfold'})), keys(after()));
	const parent = after({type: 'move', by: 3}, {type: 'fold'});
	t.is(treeLines(parent)[parent.cursor]?.key, '0');
	t.is(keys(after({type: 'foldAll'})).length, 4);
	t.true(keys(after({type: 'foldAll'}, {type: 'unfoldAll'})).includes(' Id="x"'));
});

test('a search finds names and values and unfolds their branches', t => {
	const found = after({type: 'foldAll'}, {type: 'search', text: '443'});
	t.is(treeLines(found)[found.cursor]?.value, '443');
	const next = reduceTree(after({type: 'search', text: 'HOST'}), {type: 'nextMatch'});
	t.is(treeLines(next)[next.cursor]?.value, '443');
	const round = reduceTree(next, {type: 'nextMatch'});
	t.is(treeLines(round)[round.cursor]?.value, '80');
	t.is(matchesOf(treeLines(after()), 'nothing').length, 0);
	t.is(after({type: 'search', text: 'nothing'}).cursor, 0);
});

test('the value of a line is available, and the whole as JSON', t => {
	const state = after({type: 'move', by: 2});
	t.deepEqual(valueAt(root, treeLines(state)[2]!.path), {host: 80});
	t.is(valueAt(root, 'no\u{1F}such'), undefined);
	const json = after({type: 'json'});
	t.deepEqual(JSON.parse(treeLines(json).map(({value}) => value).join('\n')), structuredClone({name: 'web', ports: [{host: 80}, {host: 443}], labels: {}, source: {Id: 'x'}}));
});

test('values without fields are trees without lines', t => {
	for (const value of [null, undefined, 5, [], {}]) {
		t.deepEqual(treeLines(openTree('x', value)), []);
		t.is(reduceTree(openTree('x', value), {type: 'move', by: 1}).cursor, 0);
	}
});

test('times are shown in ISO 8601, and stay numbers in values and JSON', t => {
	const state = openTree('web', {createdAt: 1_795_979_956_195, status: {finishedAt: 0, startedAt: -1}, labels: {format: 5, builtAt: '2020'}});
	t.deepEqual(keys(state), ['createdAt=2026-11-29T19:19:16.195Z', 'status', ' finishedAt=0', ' startedAt=-1', 'labels', ' format=5', ' builtAt="2020"']);
	t.is(valueAt(state.root, 'createdAt'), 1_795_979_956_195);
	t.true(treeLines(reduceTree(state, {type: 'json'})).some(({value}) => value === '  "createdAt": 1795979956195,'));
});
