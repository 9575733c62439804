import test from 'ava';
import {parseExtraHost, parseSubnet} from '../../source/flags/addresses.js';
import {linesOfFile, mergeVariables} from '../../source/flags/environment.js';
import {parseSignal} from '../../source/flags/limits.js';
import {parsePorts, parsePublish} from '../../source/flags/ports.js';
import {parseCpus, parseSize} from '../../source/flags/sizes.js';
import {parseTime} from '../../source/flags/times.js';
import {parseFilters} from '../../source/commands/filters.js';

const port = (hostAddress: string, hostPort: number, containerPort: number, protocol: 'tcp' | 'udp' = 'tcp') => ({
	hostAddress, hostPort, containerPort, protocol,
});

test('published ports in all their forms', t => {
	t.deepEqual(parsePublish('8000:80'), [port('', 8000, 80)]);
	t.deepEqual(parsePublish('80'), [port('', 0, 80)]);
	t.deepEqual(parsePublish('0:80'), [port('', 0, 80)]);
	t.deepEqual(parsePublish('53:53/udp'), [port('', 53, 53, 'udp')]);
	t.deepEqual(parsePublish('127.0.0.1:8000:80'), [port('127.0.0.1', 8000, 80)]);
	t.deepEqual(parsePublish('127.0.0.1::80'), [port('127.0.0.1', 0, 80)]);
	t.deepEqual(parsePublish('[::1]:8000:80'), [port('::1', 8000, 80)]);
	t.deepEqual(parsePublish('8000-8002:80-82'), [port('', 8000, 80), port('', 8001, 81), port('', 8002, 82)]);
	t.is(parsePublish('8000-8010:80-90').length, 11);
});

const refusals: ReadonlyArray<readonly [string, string]> = [
	['99999:80', 'host port 99999 is out of range, ports are 1 to 65535'],
	['80:0', 'container port 0 is out of range, ports are 1 to 65535'],
	['8000-8001:80', 'the ranges 8000-8001 and 80 differ in length'],
	['82-80:80-82', 'the range 82-80 runs backwards'],
	['a:80', '"a" is not a host port'],
	['80:', '"" is not a container port'],
	['80/sctp', '"sctp" is not a protocol; they are tcp and udp'],
	['localhost:80:80', '"localhost" is not an IP address'],
	['::1:80:80', 'it has too many or too few colons'],
	['[::1]:80', 'it has too many or too few colons'],
	['[]:80:80', '"" is not an IP address'],
];

for (const [value, reason] of refusals) {
	test(`-p ${value} is refused`, t => {
		t.throws(() => parsePublish(value), {message: `invalid port mapping "${value}": ${reason}`});
	});
}

test('one host port twice is refused, on two protocols it is not', t => {
	t.throws(() => parsePorts(['80:80', '80:81']), {message: 'port 0.0.0.0:80/tcp is published twice'});
	t.throws(() => parsePorts(['80:80', '[::]:80:81']), {message: 'port [::]:80/tcp is published twice'});
	t.is(parsePorts(['0.0.0.0:80:80', '[::]:80:80']).length, 2);
	t.is(parsePorts(['80:80', '80:80/udp', '81', '82']).length, 4);
});

test('sizes', t => {
	t.is(parseSize('-m', '512m'), 512 * (1024 ** 2));
	t.is(parseSize('-m', '1.5G'), 1.5 * (1024 ** 3));
	t.is(parseSize('-m', '64KiB'), 65_536);
	t.is(parseSize('-m', '1048576'), 1_048_576);
	t.is(parseSize('-m', '5b'), 5);
	t.throws(() => parseSize('-m', '-1'));
	t.throws(() => parseSize('-m', '0'));
	t.is(parseCpus('0.5'), 0.5);
	t.throws(() => parseCpus('0'));
	t.is(parseCpus('4'), 4);
});

test('signals by name and number', t => {
	t.is(parseSignal('-s', 'term'), 'SIGTERM');
	t.is(parseSignal('-s', 'SIGHUP'), 'SIGHUP');
	t.is(parseSignal('-s', '9'), 'SIGKILL');
	t.is(parseSignal('-s', 'RTMIN+3'), 'SIGRTMIN+3');
	t.throws(() => parseSignal('-s', '65'));
	t.throws(() => parseSignal('-s', 'toString'));
});

test('times: how long ago, a time of the calendar, Unix seconds', t => {
	const now = Date.UTC(2026, 1, 25, 12);
	t.is(parseTime('--since', '10m', now), now - 600_000);
	t.is(parseTime('--since', '1h30m', now), now - 5_400_000);
	t.is(parseTime('--since', '1.5s', now), now - 1500);
	t.is(parseTime('--since', '2026-02-25T10:00:00Z', now), Date.UTC(2026, 1, 25, 10));
	t.is(parseTime('--since', '2026-02-25T10:00:00.5+01:00', now), Date.UTC(2026, 1, 25, 9, 0, 0, 500));
	t.is(parseTime('--since', '2026-02-25T10Z', now), Date.UTC(2026, 1, 25, 10));
	t.is(parseTime('--since', '2026-02-25', now), new Date(2026, 1, 25).getTime());
	t.is(parseTime('--since', '1700000000.25', now), 1_700_000_000_250);
	for (const bad of ['yesterday', '2026-13-45', '-5m', '10x']) {
		t.throws(() => parseTime('--since', bad, now), {message: `invalid time "${bad}" for --since`});
	}
});

test('a file of variables', t => {
	t.deepEqual(linesOfFile('\u{FEFF}# comment\n\nA=1 \r\n  B=2\n#C=3\nHOME\n'), ['A=1 ', 'B=2', 'HOME']);
	t.deepEqual(mergeVariables(['A=1', 'HOME', 'NOT'], {HOME: '/root'}), ['A=1', 'HOME=/root']);
});

test('addresses', t => {
	t.is(parseSubnet('--subnet', '10.0.0.0/8'), '10.0.0.0/8');
	for (const bad of ['10.0.0.0', '10.0.0.0/33', '10.0.0/8', '10.0.0.0/8/8', 'fd00::/64']) {
		t.throws(() => parseSubnet('--subnet', bad), {message: `invalid subnet "${bad}" for --subnet`});
	}

	t.is(parseExtraHost('six:[fd00::1]'), 'six:fd00::1');
	t.is(parseExtraHost('a=10.0.0.1'), 'a:10.0.0.1');
});

test('filters', t => {
	t.deepEqual(parseFilters(['name=web', 'label=a=b', 'Name=db']), {name: ['web', 'db'], label: ['a=b']});
	t.throws(() => parseFilters(['web']), {message: 'invalid filter "web"'});
});
