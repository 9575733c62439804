import test, {type ExecutionContext} from 'ava';
import dnsPacket from 'dns-packet';
import {type HolmError} from '../../../source/engine/errors.js';
import {clientRecordsOf, recordsOf} from '../../../source/rules/networks/zone.js';
import {
	ask,
	exchangeTcp,
	freePort,
	member,
	openServer,
	queryOf,
	said,
	zoneOf,
} from './client.js';
import {address, openUpstream} from './upstream-server.js';

const back = (port: number) => zoneOf(port, [member('c2', '192.168.65.2', 'db'), member('c3', '192.168.65.3', 'shared')], {
	network: 'back',
	records: recordsOf({gateway: '192.168.65.1'}, [member('c2', '192.168.65.2', 'db'), member('c3', '192.168.65.3', 'shared')]),
});

/** Two networks; the client 127.0.0.2 of the first is on the second too. */
const serveTwo = async (t: ExecutionContext) => {
	const [frontPort, backPort] = [await freePort(), await freePort()];
	await openServer(t).replace({
		zones: [
			zoneOf(frontPort, [member('c1', '192.168.64.2', 'web', 'shared')], {views: {'127.0.0.2': ['back', 'gone']}}),
			back(backPort),
		],
		upstreams: [],
	});
	return {frontPort, backPort};
};

test('a client on two networks finds the names of both at either\'s name server', async t => {
	const {frontPort} = await serveTwo(t);
	t.is(said(await ask(frontPort, 'web', {from: '127.0.0.2'})), '192.168.64.2');
	t.is(said(await ask(frontPort, 'db', {from: '127.0.0.2'})), '192.168.65.2');
	t.is(said(await ask(frontPort, 'db', {from: '127.0.0.2', type: 'AAAA'})), 'NODATA');
	t.is(said(await ask(frontPort, 'nobody', {from: '127.0.0.2'})), 'NXDOMAIN');
});

test('a client on one network finds no names of the other, before and after the other client asked', async t => {
	const {frontPort, backPort} = await serveTwo(t);
	t.is(said(await ask(frontPort, 'db')), 'NXDOMAIN');
	t.is(said(await ask(frontPort, 'db', {from: '127.0.0.2'})), '192.168.65.2');
	t.is(said(await ask(frontPort, 'db')), 'NXDOMAIN');
	t.is(said(await ask(frontPort, '2.65.168.192.in-addr.arpa', {type: 'PTR'})), 'NXDOMAIN');
	// The view belongs to the address on that network, not to the same address on another one.
	t.is(said(await ask(backPort, 'web', {from: '127.0.0.2'})), 'NXDOMAIN');
});

test('of a name on both networks the one of the network that is asked is meant', async t => {
	const {frontPort, backPort} = await serveTwo(t);
	t.is(said(await ask(frontPort, 'shared', {from: '127.0.0.2'})), '192.168.64.2');
	t.is(said(await ask(backPort, 'shared')), '192.168.65.3');
	t.is(said(await ask(frontPort, 'host.container.internal', {from: '127.0.0.2'})), '192.168.64.1');
});

test('reverse names of both networks are found', async t => {
	const {frontPort} = await serveTwo(t);
	t.is(said(await ask(frontPort, '2.65.168.192.in-addr.arpa', {type: 'PTR', from: '127.0.0.2'})), 'db');
	t.is(said(await ask(frontPort, '2.64.168.192.in-addr.arpa', {type: 'PTR', from: '127.0.0.2'})), 'web');
	t.is(said(await ask(frontPort, '9.65.168.192.in-addr.arpa', {type: 'PTR', from: '127.0.0.2'})), 'NXDOMAIN');
});

test('views hold over TCP', async t => {
	const {frontPort} = await serveTwo(t);
	const [known] = await exchangeTcp(frontPort, [queryOf('db')], {from: '127.0.0.2'});
	const [unknown] = await exchangeTcp(frontPort, [queryOf('db')], {from: '127.0.0.3'});
	t.is(said(dnsPacket.decode(known!)), '192.168.65.2');
	t.is(said(dnsPacket.decode(unknown!)), 'NXDOMAIN');
});

test('queries of a client are forwarded if any of its networks forwards', async t => {
	const upstream = await openUpstream(t);
	const port = await freePort();
	await openServer(t).replace({
		zones: [
			zoneOf(port, [], {network: 'inside', views: {'127.0.0.2': ['front']}}),
			zoneOf(await freePort(), [], {forward: true}),
		],
		upstreams: [upstream.address],
	});
	t.is(said(await ask(port, 'example.org', {from: '127.0.0.2'})), '203.0.113.7');
	t.is(said(await ask(port, 'example.org')), 'NXDOMAIN');
});

test('a client with name servers of its own: names of its networks stay, others are forwarded there', async t => {
	const own = await openUpstream(t, query => [address(query, '203.0.113.99')]);
	const common = await openUpstream(t);
	const [port, other] = [await freePort(), await freePort()];
	await openServer(t).replace({
		zones: [
			zoneOf(port, [member('c1', '192.168.64.2', 'web')], {
				forward: true, views: {'127.0.0.2': ['back']}, clientUpstreams: {'127.0.0.2': [own.address], '127.0.0.3': [own.address]},
			}),
			back(other),
		],
		upstreams: [common.address],
	});
	const answers = async (from: string) => Promise.all(['web', 'db', 'example.org'].map(async name => said(await ask(port, name, {from}))));
	t.deepEqual(await answers('127.0.0.2'), ['192.168.64.2', '192.168.65.2', '203.0.113.99']);
	t.deepEqual(await answers('127.0.0.3'), ['192.168.64.2', 'NXDOMAIN', '203.0.113.99']);
	t.deepEqual(await answers('127.0.0.4'), ['192.168.64.2', 'NXDOMAIN', '203.0.113.7']);
});

test('a client knows containers by names of its own, before those of its networks', async t => {
	const [port, other] = [await freePort(), await freePort()];
	await openServer(t).replace({
		zones: [
			zoneOf(port, [member('c1', '192.168.64.2', 'web')], {
				views: {'127.0.0.2': ['back']},
				clientRecords: {'127.0.0.2': clientRecordsOf([{containerId: 'c9', address: '192.168.65.9', name: 'Web'}, {containerId: 'c8', address: '192.168.65.8', name: 'a b'}])},
			}),
			back(other),
		],
		upstreams: [],
	});
	const answers = async (from: string) => Promise.all(['web', 'db', 'nobody'].map(async name => said(await ask(port, name, {from}))));
	t.deepEqual(await answers('127.0.0.2'), ['192.168.65.9', '192.168.65.2', 'NXDOMAIN']);
	t.deepEqual(await answers('127.0.0.3'), ['192.168.64.2', 'NXDOMAIN', 'NXDOMAIN']);
	t.is(said(await ask(port, 'web', {from: '127.0.0.2', type: 'AAAA'})), 'NODATA');
});

test('the name of the network may follow a name', async t => {
	const {frontPort} = await serveTwo(t);
	t.is(said(await ask(frontPort, 'web.front')), '192.168.64.2');
	t.is(said(await ask(frontPort, 'WEB.Front')), '192.168.64.2');
	t.is(said(await ask(frontPort, 'shared.back', {from: '127.0.0.2'})), '192.168.65.3', 'which tells two of one name apart');
	t.is(said(await ask(frontPort, 'shared.back')), 'NXDOMAIN');
	t.is(said(await ask(frontPort, 'nobody.front')), 'NXDOMAIN');
});

test('a view ends with the table that had it', async t => {
	const [port, other] = [await freePort(), await freePort()];
	const server = openServer(t);
	await server.replace({zones: [zoneOf(port, [], {views: {'127.0.0.2': ['back']}}), back(other)], upstreams: []});
	t.is(said(await ask(port, 'db', {from: '127.0.0.2'})), '192.168.65.2');
	await server.replace({zones: [zoneOf(port, []), back(other)], upstreams: []});
	t.is(said(await ask(port, 'db', {from: '127.0.0.2'})), 'NXDOMAIN');
});

test('a client is found by its IPv6 address however that is written', async t => {
	const [port, other] = [await freePort(), await freePort()];
	await openServer(t).replace({zones: [zoneOf(port, [], {address: '::1', views: {'0:0:0:0:0:0:0:1': ['back']}}), back(other)], upstreams: []});
	t.is(said(await ask(port, 'db', {to: '::1'})), '192.168.65.2');
});

test('what is no address cannot be a client', async t => {
	const error = await t.throwsAsync<HolmError>(openServer(t).replace({zones: [zoneOf(await freePort(), [], {views: {web: ['back']}})], upstreams: []}));
	t.is(error?.code, 'invalid');
	t.regex(error.message, /front.*"web"/v);
});
