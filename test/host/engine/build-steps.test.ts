import test from 'ava';
import {parseSteps} from '../../../source/host/engine/build-steps.js';

const stat = (pid: number, name: string, startTicks: number) => `${pid} (${name}) S 1 ${pid} ${pid} 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 ${startTicks} 1000 5 0`;

const answer = (processes: ReadonlyArray<readonly [pid: number, name: string, startTicks: number, command: string]>, steps: string) =>
	`${processes.map(([pid, name, startTicks, command]) => `== ${pid}\n${stat(pid, name, startTicks)} \n\n${command}\n`).join('')}== steps\n${steps}\n== now\n100.50\n`;

test('the processes of a step are together, and the step that began first comes first', t => {
	t.deepEqual(parseSteps(answer([
		[30, 'sh', 9000, 'sh -c make '],
		[20, 'sh', 4000, 'sh -c npm install '],
		[31, 'make', 9500, 'make '],
		[21, 'node', 4100, ' '],
	], ' 1:30 1:31 2:20 2:21')), [
		{step: 1, pid: 20, elapsedSeconds: 60, command: 'sh -c npm install'},
		{step: 1, pid: 21, elapsedSeconds: 59, command: '[node]'},
		{step: 2, pid: 30, elapsedSeconds: 10, command: 'sh -c make'},
		{step: 2, pid: 31, elapsedSeconds: 5, command: 'make'},
	]);
	t.deepEqual(parseSteps(answer([], '')), []);
	t.deepEqual(parseSteps(''), []);
});

test('command lines are cut and printable, and begin no process of their own', t => {
	const [first, ...others] = parseSteps(answer([[5, 'a) \u{1B}b', 20_000, `\u{1B}[2J\u{202E}${'y'.repeat(3000)}\r== 6\u{2028}== steps`], [6, 'x', 1, 'x']], ' 1:5'));
	t.deepEqual(others, []);
	t.is(first!.command.length, 200);
	t.regex(first!.command, /^\\x1b\[2J\\u202ey+$/v);
	// Its clock is the guest's.
	t.is(first!.elapsedSeconds, 0);
	const hidden = parseSteps(answer([[6, 'x', 1, 'x'], [5, 'sh', 1, 'sh\r== 6']], ' 1:5 2:6'));
	t.deepEqual(hidden.map(({pid}) => pid), [5, 6]);
});

test('a guest that lists more than it should is cut', t => {
	const numbers = Array.from({length: 1000}, (_, index) => index + 1);
	const many = answer(numbers.map(pid => [pid, 'x', pid, 'x'] as const), numbers.map(pid => `${pid % 20}:${pid}`).join(' '));
	const steps = parseSteps(many);
	t.is(steps.length, 256);
	t.is(new Set(steps.map(({step}) => step)).size, 16);
});
