import test from 'ava';
import {createLogBuffer, type LogLine} from '../../../source/dashboard/logs/log-buffer.js';
import {createLogIndex} from '../../../source/dashboard/logs/log-index.js';
import {parsePattern} from '../../../source/dashboard/logs/pattern.js';

const line = (text: string): LogLine => ({source: 0, stream: 'stdout', timestamp: '', text});
const lines = (from: number, to: number): LogLine[] => Array.from({length: to - from}, (_, index) => line(`line ${from + index}`));

test('the buffer stays within its capacity, counts dropped lines, and lines keep their numbers', t => {
	const buffer = createLogBuffer(100);
	for (let from = 0; from < 20_000; from += 37) {
		buffer.push(lines(from, from + 37));
	}

	t.is(buffer.next() - buffer.first(), 100);
	t.is(buffer.next(), buffer.dropped() + 100);
	t.is(buffer.get(buffer.first())?.text, `line ${buffer.first()}`);
	t.is(buffer.get(buffer.next() - 1)?.text, `line ${buffer.next() - 1}`);
	t.is(buffer.get(buffer.first() - 1), undefined);
	t.is(buffer.get(buffer.next()), undefined);
});

test('very long lines count by their characters', t => {
	const buffer = createLogBuffer(1_000_000);
	for (let count = 0; count < 3000; count++) {
		buffer.push([line('x'.repeat(16_000))]);
	}

	t.true((buffer.next() - buffer.first()) * 16_000 <= 16_000_000);
	t.true(buffer.dropped() > 0);
});

test('older lines are prepended and may stay', t => {
	const buffer = createLogBuffer(10);
	buffer.push(lines(5, 15));
	buffer.prepend(lines(0, 5));
	t.is(buffer.first(), -5);
	t.is(buffer.get(-5)?.text, 'line 0');
	t.is(buffer.get(0)?.text, 'line 5');
	buffer.push(lines(15, 40));
	t.true(buffer.next() - buffer.first() <= 20);
});

test('the index is the same for single lines and batches', t => {
	const buffer = createLogBuffer(50);
	const patterns = {filter: parsePattern('[13]$'), search: parsePattern('1')};
	const index = createLogIndex(buffer);
	for (let number = 0; number < 200; number++) {
		buffer.push(lines(number, number + 1));
		index.update(patterns);
	}

	buffer.prepend(lines(140, 150));
	index.update(patterns);
	const fresh = createLogIndex(buffer);
	fresh.update(patterns);
	const all = (given: typeof index) => Array.from({length: given.count()}, (_, position) => given.at(position));
	t.deepEqual(all(index), all(fresh));
	t.deepEqual(index.matches(), fresh.matches());
	t.true(index.count() > 5);
	t.true(all(index).every(sequence => /[13]$/v.test(buffer.get(sequence!)!.text)));
});

test('without a filter every line is visible', t => {
	const buffer = createLogBuffer(10);
	const index = createLogIndex(buffer);
	buffer.push(lines(0, 25));
	index.update({});
	t.is(index.count(), 10);
	t.is(index.at(0), 15);
	t.is(index.at(9), 24);
	t.is(index.at(10), undefined);
	t.is(index.at(-1), undefined);
	t.is(index.indexOf(20), 5);
	t.is(index.indexOf(0), 0);
});

test('a held buffer keeps its lines and counts skipped ones', t => {
	const buffer = createLogBuffer(10);
	buffer.push(lines(0, 8));
	buffer.hold(true);
	buffer.push(lines(8, 30));
	t.is(buffer.get(0)?.text, 'line 0');
	t.is(buffer.next(), 10);
	t.is(buffer.skipped(), 20);
	t.is(buffer.dropped(), 0);
	buffer.hold(false);
	buffer.push(lines(30, 31));
	t.is(buffer.next() - buffer.first(), 10);
});

test('clearing the buffer clears the index', t => {
	const buffer = createLogBuffer(10);
	const index = createLogIndex(buffer);
	const patterns = {filter: parsePattern('line'), search: parsePattern('line')};
	buffer.push(lines(0, 8));
	index.update(patterns);
	buffer.clear();
	buffer.push(lines(0, 2));
	index.update(patterns);
	t.is(index.count(), 2);
	t.deepEqual(index.matches(), [0, 1]);
});
