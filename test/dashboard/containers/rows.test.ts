import test from 'ava';
import {cellRole, columns, memoryShare, noSource, shareBar, stateRole, stateText} from '../../../source/dashboard/containers/rows.js';
import type {Health} from '../../../source/engine/health.js';
import type {ResourceUsage} from '../../../source/dashboard/state/resource-usage.js';
import {container} from '../../engine/resources.js';

test('a container that runs with health checks shows its health, any other its state', t => {
	const healthy = (status: Health['status']): Health => ({status, failingStreak: 0, log: []});
	for (const [health, text, role] of [
		[undefined, 'running', 'good'],
		[healthy('starting'), 'starting', 'warning'],
		[healthy('healthy'), 'healthy', 'good'],
		[healthy('unhealthy'), 'unhealthy', 'bad'],
	] as const) {
		t.is(stateText(container({health})), text);
		t.is(stateRole(container({health})), role);
	}

	t.is(stateText(container({status: {state: 'paused', pid: 1, startedAt: 0}, health: healthy('unhealthy')})), 'paused');
});

const usage = (given: Partial<ResourceUsage>): ResourceUsage => ({
	cpus: 2,
	memoryBytes: 0,
	memoryLimitBytes: 100,
	receivedPerSecond: 0,
	sentPerSecond: 0,
	cpuHistory: [],
	memoryHistory: [],
	trafficHistory: [],
	...given,
});

test('what is above 90 percent of all CPUs or of the memory limit is coloured, and so are restarts', t => {
	for (const [key, given, role] of [
		['cpu', {cpuPercent: 180}, 'text'],
		['cpu', {cpuPercent: 181}, 'bad'],
		['cpuBars', {cpuPercent: 199}, 'bad'],
		['cpu', {}, 'text'],
		['memory', {memoryBytes: 90}, 'text'],
		['memory', {memoryBytes: 91}, 'bad'],
		['share', {memoryBytes: 91}, 'bad'],
		['share', {memoryBytes: 91, memoryLimitBytes: 0}, 'dim'],
	] as const) {
		t.is(cellRole(key, container(), usage(given)), role, key);
	}

	t.is(cellRole('restarts', container({restartCount: 0}), undefined), 'dim');
	t.is(cellRole('restarts', container({restartCount: 1}), undefined), 'warning');
});

test('memory is a bar of its limit with figures, and CPU the last readings as bars', t => {
	const look = {glyphs: {full: '#', empty: '.'}, sparks: ['0', '1', '2', '3']};
	const columnOf = (key: string) => columns.find(column => column.key === key)!;
	const text = (key: string, given: Partial<ResourceUsage>) => columnOf(key).text(container(), {...noSource, look, usage: usage(given)});
	t.is(text('share', {memoryBytes: 2 ** 28, memoryLimitBytes: 2 ** 29}), '###...  50% 512M');
	t.is(text('share', {memoryBytes: 9, memoryLimitBytes: 0}), '');
	t.is(shareBar(250, look), '######');
	t.is(text('cpuBars', {cpuHistory: [0, 60, 110, 199]}), '    0123');
	t.is(memoryShare({memoryBytes: 1, memoryLimitBytes: 0}), undefined);
	const most = usage({cpuPercent: 6400, memoryBytes: 1023 * (2 ** 30), memoryLimitBytes: 2 ** 50, hostMemoryBytes: 2 ** 49});
	for (const {key, title, fixed = Infinity, text: textOf} of columns.filter(column => column.key !== 'state')) {
		t.true(textOf(container({restartCount: 99_999}), {...noSource, look, usage: most}).length <= fixed, key);
		// The arrow of the sorted column is behind the title.
		t.true(title.length < fixed);
	}
});
