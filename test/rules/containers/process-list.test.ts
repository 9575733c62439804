import test from 'ava';
import type {ListedProcess} from '../../../source/rules/containers/process-columns.js';
import {listedAs} from '../../../source/rules/containers/process-list.js';

const now = new Date(2026, 1, 25, 12, 0, 0).getTime();

const process: ListedProcess = {
	pid: 7,
	parent: 1,
	group: 7,
	session: 7,
	user: '1000',
	userGroup: '50',
	state: 'S',
	hasTerminal: false,
	cpuSeconds: 2,
	startedAt: now - 100_000,
	priority: 20,
	nice: 0,
	threads: 1,
	virtualBytes: 1_024_000,
	residentBytes: 512_000,
	processor: 1,
	flags: 4_194_304,
	name: 'sh',
	command: 'sh -c sleep 9',
};

const list = (options?: string) => {
	const {titles, processes} = listedAs(options, {now, memoryBytes: 5_120_000}, [process, {...process, pid: 8, command: '', hasTerminal: true, startedAt: now - 86_400_000, nice: 5}]);
	return [titles, ...processes].map(row => row.join(' '));
};

test('the columns of the usual options', t => {
	const full = ['UID PID PPID C STIME TTY TIME CMD', '1000 7 1 2 11:58 ? 00:00:02 sh -c sleep 9', '1000 8 1 0 Feb24 pts/0 00:00:02 [sh]'];
	for (const options of [undefined, '', '-ef', '-e -f', '-wwef']) {
		t.deepEqual(list(options), full, options);
	}

	const [user] = [list('aux')];
	t.deepEqual(user, [
		'USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND',
		'1000 7 2.0 10.0 1000 500 ? Ss 11:58 00:00:02 sh -c sleep 9',
		'1000 8 0.0 10.0 1000 500 pts/0 SN Feb24 00:00:02 [sh]',
	]);
	t.is(list('-e')[0], 'PID TTY TIME CMD');
	t.is(list('ax')[0], 'PID TTY STAT TIME COMMAND');
	t.is(list('-el')[0], 'F S UID PID PPID C PRI NI ADDR SZ WCHAN TTY TIME CMD');
});

test('columns that are named', t => {
	const expected = ['PID COMMAND', '7 sh', '8 sh'];
	for (const options of ['-eo pid,comm', '-o pid,comm', '-o pid -o comm', '-opid,comm', 'axo pid,comm', '--format pid,comm', '--format=pid,comm', '-eo pid:9,comm:20']) {
		t.deepEqual(list(options), expected, options);
	}

	t.deepEqual(list('-o pid,etime,args=WHAT'), ['PID ELAPSED WHAT', '7 01:40 sh -c sleep 9', '8 1-00:00:00 [sh]']);
});

test('what ps does not have, or would select processes', t => {
	t.throws(() => list('-o pid,colour'), {message: 'ps has no column "colour"'});
	t.throws(() => list('-o comm'), {message: 'Couldn\'t find PID field in ps output'});
	t.throws(() => list('-o'), {code: 'invalid'});
	for (const options of ['-p 1', '-C sh', '--sort pid', '-efL', 'r', '1', '-ef; reboot']) {
		t.throws(() => list(options), {code: 'unsupported'}, options);
	}
});
