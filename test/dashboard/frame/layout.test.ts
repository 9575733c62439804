import test from 'ava';
import {layoutOf, type PaneName} from '../../../source/dashboard/frame/layout.js';

const panes: readonly PaneName[] = ['containers', 'networks', 'logs'];

test('the panes fill every size exactly and include the focused one', t => {
	const sizes = [30, 58, 80, 119, 120, 200].flatMap(width => [4, 13, 15, 22, 31, 32, 60].map(height => ({width, height})));
	const views = panes.flatMap(focus => [false, true].map(isZoomed => ({focus, isZoomed})));
	for (const {width, height} of sizes) {
		for (const {focus, isZoomed} of views) {
			const {rows} = layoutOf({width, height}, focus, isZoomed);
			t.is(rows.reduce((sum, row) => sum + row[0]!.height, 0), height);
			for (const row of rows) {
				t.is(row.reduce((sum, pane) => sum + pane.width, 0), width);
				t.true(row.every(pane => pane.height === row[0]!.height && pane.height >= 4));
			}

			t.true(rows.flat().some(({name}) => name === focus));
		}
	}
});

test('smaller terminals show fewer panes', t => {
	const names = (width: number, height: number) => layoutOf({width, height}, 'containers', false).rows.flat().map(({name}) => name);
	t.deepEqual(names(160, 40), ['containers', 'networks', 'logs']);
	t.deepEqual(names(80, 40), ['containers', 'networks', 'logs']);
	t.deepEqual(names(80, 22), ['containers', 'logs']);
	t.deepEqual(names(60, 13), ['containers']);
});
