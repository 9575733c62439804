import test from 'ava';
import {hostsFile, resolverFile} from '../../../source/host/containers/network-files.js';

test('hosts: localhost, what was added, and itself', t => {
	t.deepEqual(hostsFile({
		hostname: 'islet', addresses: ['192.168.64.2', '10.0.0.2'], extraHosts: ['db:10.1.2.3', 'six:2001:db8::1', 'equals=10.1.2.4', 'gate:host-gateway'], hostAddress: '198.18.0.1',
	}).split('\n'), [
		'127.0.0.1\tlocalhost',
		'::1\tlocalhost ip6-localhost ip6-loopback',
		'10.1.2.3\tdb',
		'2001:db8::1\tsix',
		'10.1.2.4\tequals',
		'198.18.0.1\tgate',
		'192.168.64.2\tislet',
		'10.0.0.2\tislet',
		'',
	]);
});

test('hosts: a domain, and linked containers', t => {
	const text = hostsFile({
		hostname: 'islet', domainName: 'example.test', addresses: ['192.168.64.2'], extraHosts: [], links: [{address: '192.168.64.3', names: ['partner', 'db']}], hostAddress: '198.18.0.1',
	});
	t.true(text.endsWith('\n192.168.64.3\tpartner db\n192.168.64.2\tislet.example.test islet\n'), text);
});

test('hosts: nothing that was added can be a line of its own', t => {
	const text = hostsFile({
		hostname: 'islet', addresses: [], extraHosts: ['a\n1.2.3.4 evil:10.0.0.1', 'good:10.0.0.1\n1.2.3.4 evil', 'bare', ':10.0.0.1'], hostAddress: '198.18.0.1',
	});
	t.is(text.split('\n').length, 3, text);
	t.false(text.includes('evil'));
});

test('resolver: the network\'s, or the servers of one\'s own', t => {
	t.is(resolverFile({gateways: ['192.168.65.1', '192.168.64.1'], dnsServers: [], dnsSearch: []}), 'nameserver 192.168.65.1\noptions ndots:0\n');
	t.is(resolverFile({gateways: ['192.168.65.1'], dnsServers: ['9.9.9.9', '1.1.1.1', '8.8.8.8', '8.8.4.4'], dnsSearch: ['example.test', 'bad domain\n']}), 'nameserver 9.9.9.9\nnameserver 1.1.1.1\nnameserver 8.8.8.8\nsearch example.test\noptions ndots:0\n', 'three are all that a C library takes');
	t.is(resolverFile({gateways: [], dnsServers: [], dnsSearch: [], dnsOptions: ['rotate', 'ndots:2']}), 'options rotate ndots:2\n');
	t.is(resolverFile({gateways: [], dnsServers: [], dnsSearch: []}), 'options ndots:0\n');
});
