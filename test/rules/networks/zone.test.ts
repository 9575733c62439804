import test from 'ava';
import {isDomainName, recordsOf, reverseNameOf} from '../../../source/rules/networks/zone.js';
import {member} from '../../host/dns/client.js';

const network = {gateway: '192.168.64.1'};

const acceptedNames = (...names: string[]) => recordsOf(network, [member('c1', '192.168.64.2', ...names)])
	.filter(({containerId, type}) => containerId === 'c1' && type === 'A')
	.map(({name}) => name);

test('reverse names of IPv4 and IPv6', t => {
	t.is(reverseNameOf('192.168.64.1'), '1.64.168.192.in-addr.arpa');
	const nibbles = 'b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa';
	t.is(reverseNameOf('4321:0:1:2:3:4:567:89ab'), nibbles, 'the example of RFC 3596');
	t.is(reverseNameOf('fd00::1'), `1.${'0.'.repeat(29)}d.f.ip6.arpa`);
	t.is(reverseNameOf('fd00:0:0:0:0:0:0:1'), reverseNameOf('FD00::0001'));
	t.is(reverseNameOf('::'), `${'0.'.repeat(32)}ip6.arpa`);
	t.is(reverseNameOf('1::'), `${'0.'.repeat(28)}1.0.0.0.ip6.arpa`);
});

test('a name is one that a query can carry', t => {
	for (const name of ['a', 'web', 'web_1', 'WEB', 'xn--bcher-kva', 'a.b.c', 'x'.repeat(63), `${'x'.repeat(63)}.`.repeat(3) + 'x'.repeat(61)]) {
		t.true(isDomainName(name), name);
	}

	for (const name of ['', '.', 'a.', '.a', 'a..b', 'a b', 'a\nb', 'a\u{0}b', 'büche', '💥', String.raw`a\b`, 'x'.repeat(64), `${'x'.repeat(63)}.`.repeat(3) + 'x'.repeat(62)]) {
		t.false(isDomainName(name), JSON.stringify(name));
	}
});

test('names are lower case, each once, and those that no query can carry are left out', t => {
	t.deepEqual(acceptedNames('Web', 'web', 'a\u{0}b', '', 'abc.DEF', 'x'.repeat(64)), ['web', 'abc.def']);
});

test('a container does not take the host\'s names', t => {
	t.deepEqual(acceptedNames('host.container.internal', 'HOST.docker.internal', 'web'), ['web']);
	const pointer = recordsOf(network, [member('c1', '192.168.64.2', 'Host.Container.Internal', 'web')]).find(({type, containerId}) => type === 'PTR' && containerId === 'c1');
	t.is(pointer?.value, 'web');
});

test('a container without a usable name has no records', t => {
	t.deepEqual(recordsOf(network, [member('c1', '192.168.64.2', ' ')]), recordsOf(network, []));
});

test('the host is where containers reach it', t => {
	const records = recordsOf({...network, hostAddress: '192.168.64.254'}, []);
	t.deepEqual(records.map(({name, type, value}) => `${name} ${type} ${value}`), [
		'host.container.internal A 192.168.64.254',
		'host.docker.internal A 192.168.64.254',
		'254.64.168.192.in-addr.arpa PTR host.container.internal',
	]);
});

test('the first name is the one that the address resolves to', t => {
	const records = recordsOf(network, [member('c1', 'fd00::2', 'Web', 'alias')]);
	t.deepEqual(records.filter(({containerId}) => containerId).map(({name, type, value, ttlSeconds}) => [name, type, value, ttlSeconds]), [
		['web', 'AAAA', 'fd00::2', 5],
		['alias', 'AAAA', 'fd00::2', 5],
		[reverseNameOf('fd00::2'), 'PTR', 'web', 5],
	]);
});
