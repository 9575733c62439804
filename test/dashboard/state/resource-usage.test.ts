import test from 'ava';
import {scaleOf, shortBytes, shortDuration, shortPercent, sparkline} from '../../../source/text/measures.js';
import {createTheme} from '../../../source/dashboard/frame/theme.js';
import {historyLength, nextUsage} from '../../../source/dashboard/state/resource-usage.js';
import type {ContainerStats} from '../../../source/engine/resources.js';

const reading = (readAt: number, cpuNanoseconds: number, receivedBytes = 0): ContainerStats => ({
	readAt,
	cpuNanoseconds,
	systemCpuNanoseconds: 0,
	cpus: 2,
	memoryBytes: 100,
	memoryLimitBytes: 1000,
	pids: 1,
	networks: {eth0: {receivedBytes, receivedPackets: 0, sentBytes: 0, sentPackets: 0}},
	blockReadBytes: 0,
	blockWrittenBytes: 0,
});

test('CPU and traffic are computed from two readings', t => {
	const first = reading(1000, 0);
	const usage = nextUsage(first);
	t.is(usage.cpuPercent, undefined);
	const next = nextUsage(reading(3000, 3e9, 4096), {stats: first, usage});
	t.is(next.cpuPercent, 150);
	t.is(next.receivedPerSecond, 2048);
	t.deepEqual(next.cpuHistory, [150]);
});

test('a restarted container has no negative usage', t => {
	const before = reading(1000, 9e9, 9000);
	const next = nextUsage(reading(2000, 1e9, 10), {stats: before, usage: nextUsage(before)});
	t.is(next.cpuPercent, undefined);
	t.is(next.receivedPerSecond, 0);
});

test('an equal reading changes nothing, and the history is limited', t => {
	const first = reading(1000, 0);
	let usage = nextUsage(first);
	t.is(nextUsage(first, {stats: first, usage}), usage);
	let stats = first;
	for (let turn = 1; turn <= 200; turn++) {
		const next = reading(1000 + turn * 1000, turn * 1e8);
		usage = nextUsage(next, {stats, usage});
		stats = next;
	}

	t.is(usage.cpuHistory.length, historyLength);
	t.is(usage.memoryHistory.length, historyLength);
});

test('sizes, percentages and durations take few columns', t => {
	t.deepEqual([0, 999, 1000, 1536, 512 * 2 ** 20, 2 ** 40, 2 ** 60].map(bytes => shortBytes(bytes)), ['0', '999', '1K', '1.5K', '512M', '1T', '1024P']);
	t.deepEqual([0, 0.44, 9.94, 9.96, 150].map(percent => shortPercent(percent)), ['0.0%', '0.4%', '9.9%', '10%', '150%']);
	t.deepEqual([0, 59_000, 60_000, 3_600_000, 47 * 3_600_000, 48 * 3_600_000].map(duration => shortDuration(duration)), ['<1m', '<1m', '1m', '1h', '47h', '2d']);
});

test('a sparkline has the requested width and stays within its scale', t => {
	const theme = createTheme({name: 'dark', depth: 'none', ascii: false});
	t.is(sparkline([0, 50, 100, 400, -5], {width: 8, most: 100, sparks: theme.sparks}), '   ▁▅██▁');
	t.is(sparkline(Array.from({length: 100}, () => 1), {width: 5, most: 0, sparks: theme.sparks}).length, 5);
	t.is(scaleOf([], 1024), 1024);
	t.is(scaleOf([5000], 1024), 8192);
});
