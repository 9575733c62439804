import test from 'ava';
import {medianOf, takeFigures} from '../../bench/figures.js';
import type {Measurement} from '../../bench/measurement.js';
import {layOut} from '../../bench/table.js';

const measurement: Measurement = {
	name: 'example',
	title: 'An example',
	metrics: [{name: 'time', unit: 'ms'}, {name: 'memory', unit: 'MiB'}],
	rounds: 3,
	open: async () => ({subjects: [], missing: []}),
};

/** Subjects that read what is listed for each round, and the order in which they were read. */
const subjectsOf = (readings: Readonly<Record<string, ReadonlyArray<readonly number[]>>>) => {
	const order: string[] = [];
	const subjects = Object.entries(readings).map(([name, ofRounds]) => {
		let round = 0;
		return {
			name,
			async read() {
				order.push(name);
				return ofRounds[round++]!;
			},
		};
	});
	return {subjects, order};
};

test('the median is the middle one, or between the two in the middle', t => {
	t.is(medianOf([3]), 3);
	t.is(medianOf([9, 1, 5]), 5);
	t.is(medianOf([10, 1, 2, 9]), 5.5);
});

test('subjects take turns, and ratios are those of one round', async t => {
	const {subjects, order} = subjectsOf({
		holm: [[10, 100], [1000, 100], [20, 100]],
		peer: [[5, 50], [500, 200], [40, 50]],
	});
	const figures = await takeFigures(measurement, {subjects, missing: []}, 3);
	t.deepEqual(order, ['holm', 'peer', 'holm', 'peer', 'holm', 'peer']);
	t.deepEqual(figures.map(({metric, subject, median, minimum, maximum, ratio}) => [metric, subject, median, minimum, maximum, ratio]), [
		['time', 'holm', 20, 10, 1000, 1],
		['time', 'peer', 40, 5, 500, 0.5],
		['memory', 'holm', 100, 100, 100, 1],
		['memory', 'peer', 50, 50, 200, 0.5],
	]);
});

test('figures are laid out below one another', async t => {
	const {subjects} = subjectsOf({holm: [[12.345, 1]], 'a peer': [[12_345.6, 0]]});
	const figures = await takeFigures(measurement, {subjects, missing: []}, 1);
	t.is(layOut(figures), [
		'                        median          from, to  rounds  of the first',
		'',
		'An example',
		'  time [ms]     holm      12.3      12.3 to 12.3       1        × 1.00',
		'                a peer  12,346  12,346 to 12,346       1     × 1000.05',
		'  memory [MiB]  holm      1.00      1.00 to 1.00       1        × 1.00',
		'                a peer       0            0 to 0       1        × 0.00',
	].join('\n'));
});
