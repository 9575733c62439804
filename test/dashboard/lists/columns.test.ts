import test from 'ava';
import {columns, containerWidths, frame, fullWidth, planContainers} from '../../../source/dashboard/containers/rows.js';
import {layoutOf, wide} from '../../../source/dashboard/frame/layout.js';
import {gap, headsOf, planColumns, plannedWidth, type ColumnShape, type PlannedColumn} from '../../../source/dashboard/lists/columns.js';
import {fullWidth as networksWidth} from '../../../source/dashboard/networks/networks.js';
import {configuration, container} from '../../engine/resources.js';

/** What a narrower plan shows that a wider one does not, or shows narrower. */
const losses = (narrow: readonly PlannedColumn[], broad: readonly PlannedColumn[]) =>
	narrow.filter(({index, width}) => (broad.find(column => column.index === index)?.width ?? 0) < width);

const names = ['web', 'a-name-of-medium-length', 'x'.repeat(70)];
const lists = names.map(name => names.map(image => container({name, configuration: configuration({image: `${image}:latest`})})));
const widthsOf = (list: typeof lists[number]) => containerWidths(list, [], () => false);
const roomAt = (width: number, height: number, isZoomed = false) =>
	layoutOf({width, height}, 'containers', isZoomed).rows.flat().find(({name}) => name === 'containers')!.width - frame;

const orders = [undefined, 'host', 'image'].flatMap(sort => [0, 30].map(matchWidth => ({sort, matchWidth})));
const cases = lists.flatMap(list => orders.flatMap(order => [false, true].map(isZoomed => ({list, isZoomed, ...order}))));

test('no column of the containers disappears or shrinks as the terminal grows, in any order and with any content', t => {
	for (const {list, isZoomed, ...wanted} of cases) {
		const widths = widthsOf(list);
		let before: readonly PlannedColumn[] = [];
		for (let width = 20; width <= 320; width++) {
			const room = roomAt(width, 40, isZoomed);
			const plan = planContainers(room, widths, wanted);
			t.deepEqual(losses(before, plan), [], `${width} columns`);
			t.true(plannedWidth(plan) <= Math.max(room, 1));
			before = plan;
		}

		t.is(before.length, columns.length - (wanted.matchWidth === 0 ? 1 : 0));
	}
});

test('120 columns show what 119 show', t => {
	const planAt = (width: number) => planContainers(roomAt(width, 34), widthsOf(lists[1]!), {matchWidth: 0});
	const keys = (width: number) => planAt(width).map(({index}) => columns[index]!.key);
	t.deepEqual(keys(120), keys(119));
	t.true(keys(119).length >= 8);
});

test('columns appear in the order of their need', t => {
	const needs = columns.filter(({key}) => key !== 'match').toSorted((a, b) => a.need - b.need).map(({key}) => key);
	for (let room = 1; room <= 300; room++) {
		const shown = planContainers(room, widthsOf(lists[0]!), {matchWidth: 0}).map(({index}) => columns[index]!.key);
		t.deepEqual(shown.toSorted(), needs.slice(0, shown.length).toSorted());
	}
});

test('the sorted column is there wherever three columns are', t => {
	for (const key of ['host', 'share', 'image', 'restarts']) {
		const shown = planContainers(60, widthsOf(lists[0]!), {sort: key, matchWidth: 0}).map(({index}) => columns[index]!.key);
		t.true(shown.includes(key), key);
	}
});

test('the networks are beside the containers only where both have all their columns', t => {
	const panes = layoutOf({width: wide, height: 40}, 'containers', false).rows[0]!;
	t.deepEqual(panes.map(({name}) => name), ['containers', 'networks']);
	t.true(panes[0]!.width - frame >= fullWidth);
	t.true(panes[1]!.width - frame >= networksWidth);
	t.is(layoutOf({width: wide - 1, height: 40}, 'containers', false).rows[0]!.length, 1);
});

test('any columns of any widths keep what they have as the room grows', t => {
	const shapes: readonly ColumnShape[] = [
		{key: 'a', title: 'A', need: 1, most: 9},
		{key: 'b', title: 'BB', need: 0, least: 3, most: 20},
		{key: 'c', title: '', need: 3, fixed: 6},
		{key: 'd', title: 'DDD', need: 2},
	];
	for (const contents of [[0, 0, 0, 0], [9, 9, 9, 9], [30, 40, 6, 100], [1, 90, 6, 3]]) {
		let before: readonly PlannedColumn[] = [];
		for (let room = 0; room <= 300; room++) {
			const plan = planColumns(shapes, contents, room);
			t.deepEqual(losses(before, plan), []);
			t.true(plannedWidth(plan) <= Math.max(1, room));
			before = plan;
		}
	}
});

test('heads are where their columns are', t => {
	const plan = planContainers(200, widthsOf(lists[0]!), {matchWidth: 0});
	const heads = headsOf(columns, plan);
	for (const [index, head] of heads.entries()) {
		t.is(head.to - head.from, plan[index]!.width);
		t.is(head.from, index === 0 ? 2 : heads[index - 1]!.to + gap);
	}
});
