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

test('processes, with any names and commands', t => {
	const now = new Date(2026, 1, 25, 12, 0, 0).getTime();
	const text = [
		'== 7', line(7, 'sh'), '1000 50 ', 'sh -c echo $((1 + 2)) ', '', '== 8', line(8, 'a) S (b', 34_816), '0 0 ', '', '', '== 9', 'nonsense', '== now', '110.0',
	].join('\n');
	const processes = parseProcesses(text, now);
	const [first, second, ...others] = processes;
	t.like(first, {
		pid: 7, parent: 1, user: '1000', userGroup: '50', state: 'S', hasTerminal: false, cpuSeconds: 2, startedAt: now - 100_000, name: 'sh', command: 'sh -c echo $((1 + 2))', virtualBytes: 1_000_000, residentBytes: 409_600,
	});
	t.like(second, {pid: 8, user: '0', hasTerminal: true, name: 'a) S (b', command: ''});
	t.deepEqual(others, []);
	t.deepEqual(parseProcesses('', 0), []);
});
