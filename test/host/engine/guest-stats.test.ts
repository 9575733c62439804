import test from 'ava';
import {parseProcesses, parseReading} from '../../../source/host/engine/guest-stats.js';

const reading = `== cpu.stat
usage_usec 1500000
user_usec 1000000
== memory.current
2199552
== pids.current
3
== io.stat
254:0 rbytes=4096 wbytes=512 rios=1 wios=1
254:16 rbytes=1 wbytes=2
== stat
cpu  100 0 50 800 10 0 5 0 0 0
== net
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  eth0:    1234      10    0    0    0     0          0         0     5678      20    0    0    0     0       0          0
`;

test('the statistics of a guest', t => {
	t.deepEqual(parseReading(reading), {
		cpuNanoseconds: 1_500_000_000,
		systemCpuNanoseconds: 9_650_000_000,
		memoryBytes: 2_199_552,
		pids: 3,
		networks: {
			eth0: {
				receivedBytes: 1234, receivedPackets: 10, sentBytes: 5678, sentPackets: 20,
			},
		},
		blockReadBytes: 4097,
		blockWrittenBytes: 514,
	});
});

test('malformed statistics are zeros', t => {
	const nothing = {
		cpuNanoseconds: 0, systemCpuNanoseconds: 0, memoryBytes: 0, pids: 0, networks: {}, blockReadBytes: 0, blockWrittenBytes: 0,
	};
	t.deepEqual(parseReading(''), nothing);
	t.deepEqual(parseReading('== memory.current\n-5\n== pids.current\nNaN\n== stat\ncpu Infinity 1e400\n== net\n../eth0: 1 2 3\neth0: 1\n'), nothing);
	t.like(parseReading('== memory.current\n99999999999999999999\n'), {memoryBytes: 0});
	t.deepEqual(Object.keys(parseReading('== net\neth9999: 1 2 3 4 5 6 7 8 9 10 11\n__proto__: 1 2 3 4 5 6 7 8 9 10\n').networks), []);
});

const line = (pid: number, name: string, tty = 0) => `${pid} (${name}) S 1 ${pid} ${pid} ${tty} -1 4194304 100 0 0 0 150 50 0 0 20 0 1 0 1000 1000000 100 18446744073709551615`;

test('processes, with any names', t => {
	const text = [
		'== 7', line(7, 'sh'), '1000', 'sh -c echo  hi ', '', '== 8', line(8, 'a) S (b', 34_816), '0', '', '', '== 9', 'nonsense', '== now', '110.0',
	].join('\n');
	const {titles, processes} = parseProcesses(text, new Date(2026, 1, 25, 12, 0, 0).getTime());
	t.deepEqual(titles, ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD']);
	t.deepEqual(processes, [
		['1000', '7', '1', '2', '11:58', '?', '00:00:02', 'sh -c echo  hi'],
		['0', '8', '1', '2', '11:58', 'pts/0', '00:00:02', '[a) S (b]'],
	]);
	t.deepEqual(parseProcesses('', 0).processes, []);
});
