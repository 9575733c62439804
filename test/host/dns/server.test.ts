import {setTimeout as sleep} from 'node:timers/promises';
import dnsPacket, {type DecodedPacket} from 'dns-packet';
import test from 'ava';
import {type HolmError} from '../../../source/engine/errors.js';
import {
	ask,
	exchangeUdp,
	freePort,
	member,
	openServer,
	queryOf,
	record,
	said,
	serve,
	zoneOf,
} from './client.js';
import {address, openUpstream} from './upstream-server.js';

const web = member('c1', '192.168.64.2', 'web', 'c1c1c1c1c1c1', 'Alias');
type Header = {readonly flag_aa: boolean; readonly flag_ra: boolean; readonly flag_rd: boolean; readonly rcode: string};

const headerOf = (packet: DecodedPacket) => packet as DecodedPacket & Header;

test('a container is found under each of its names, in any case, and the client\'s spelling comes back', async t => {
	const port = await serve(t, [web]);
	for (const name of ['web', 'WEB', 'wEb', 'c1c1c1c1c1c1', 'alias', 'ALIAS']) {
		const query = queryOf(name);
		const response = await exchangeUdp(port, query);
		t.is(said(dnsPacket.decode(response)), '192.168.64.2', name);
		t.deepEqual(response.subarray(12, query.length), query.subarray(12));
		t.is(dnsPacket.decode(response).answers![0]!.name, name);
	}
});

test('answers from the zone are authoritative and short-lived', async t => {
	const port = await serve(t, [web]);
	const packet = headerOf(await ask(port, 'web', {id: 99}));
	t.is(packet.id, 99);
	t.true(packet.flag_aa && packet.flag_ra && packet.flag_rd);
	t.is((packet.answers![0] as {ttl: number}).ttl, 5);
	t.false(headerOf(await ask(port, 'web', {flags: 0})).flag_rd);
});

test('members of one alias rotate, for every client and transport', async t => {
	const addresses = ['192.168.64.2', '192.168.64.3', '192.168.64.4'];
	const port = await serve(t, addresses.map((value, index) => member(`c${index}`, value, `c${index}`, 'worker')));
	const asked = [{}, {}, {edns: 1232}, {edns: 4096}, {flags: 0}, {}];
	const firsts: string[] = [];
	for (const [index, options] of asked.entries()) {
		const values = said(await ask(port, index % 2 === 0 ? 'worker' : 'WORKER', options)).split(' ');
		t.deepEqual(values.toSorted(), addresses);
		firsts.push(values[0]!);
	}

	t.deepEqual(firsts, [...addresses, ...addresses]);
	t.is(said(await ask(port, 'c1')), '192.168.64.3');
});

test('addresses of both families', async t => {
	const port = await serve(t, [web, member('c1', 'fd00::2', 'web')]);
	t.is(said(await ask(port, 'web')), '192.168.64.2');
	t.is(said(await ask(port, 'web', {type: 'AAAA'})), 'fd00::2');
	t.is(said(await ask(port, 'web', {type: 'ANY'})), '192.168.64.2 fd00::2');
});

test('a known name without an address of the asked type is empty, an unknown one does not exist', async t => {
	const port = await serve(t, [web]);
	for (const type of ['AAAA', 'MX', 'TXT', 'SRV', 'PTR', 'HTTPS'] as const) {
		t.is(said(await ask(port, 'web', {type: type as 'MX'})), 'NODATA', type);
		t.is(said(await ask(port, 'wep', {type: type as 'MX'})), 'NXDOMAIN', type);
	}
});

test('addresses resolve to the container\'s name', async t => {
	const port = await serve(t, [web]);
	t.is(said(await ask(port, '2.64.168.192.in-addr.arpa', {type: 'PTR'})), 'web');
	t.is(said(await ask(port, '2.64.168.192.IN-ADDR.ARPA', {type: 'PTR'})), 'web');
	t.is(said(await ask(port, '2.64.168.192.in-addr.arpa')), 'NODATA');
	t.is(said(await ask(port, '1.64.168.192.in-addr.arpa', {type: 'PTR'})), 'host.container.internal');
});

test('the host has its names', async t => {
	const port = await serve(t, []);
	t.is(said(await ask(port, 'host.container.internal')), '192.168.64.1');
	t.is(said(await ask(port, 'Host.Docker.Internal')), '192.168.64.1');
	t.is(said(await ask(port, 'host.docker.internal', {type: 'AAAA'})), 'NODATA');
});

test('unknown single labels and private reverse zones are not forwarded', async t => {
	const upstream = await openUpstream(t);
	const port = await serve(t, [web], {forward: true, upstreams: [upstream.address]});
	const names = [
		'unknown',
		'localhost',
		'9.64.168.192.in-addr.arpa',
		'168.192.in-addr.arpa',
		'1.0.0.10.in-addr.arpa',
		'10.in-addr.arpa',
		'1.1.16.172.in-addr.arpa',
		'1.1.31.172.in-addr.arpa',
		'1.0.0.127.in-addr.arpa',
		'1.1.254.169.in-addr.arpa',
		'1.1.64.100.in-addr.arpa',
		'1.1.127.100.in-addr.arpa',
		'255.255.255.255.in-addr.arpa',
		`1.${'0.'.repeat(31)}ip6.arpa`,
		`${'0.'.repeat(29)}0.d.f.ip6.arpa`,
		`${'0.'.repeat(28)}0.0.8.e.f.ip6.arpa`,
	];
	for (const name of names) {
		t.is(said(await ask(port, name, {type: 'PTR'})), 'NXDOMAIN', name);
	}

	t.is(upstream.asked.length, 0);
	const publicNames = [
		'8.8.8.8.in-addr.arpa',
		'1.1.15.172.in-addr.arpa',
		'1.1.32.172.in-addr.arpa',
		'1.1.63.100.in-addr.arpa',
		'1.1.128.100.in-addr.arpa',
		'1.110.in-addr.arpa',
		'0.8.b.d.0.1.0.0.2.ip6.arpa',
		'container.internal',
	];
	for (const name of publicNames) {
		await ask(port, name, {type: 'PTR'});
	}

	t.is(upstream.asked.length, 8);
});

test('the root, other classes and zone transfers', async t => {
	const upstream = await openUpstream(t);
	const port = await serve(t, [web], {forward: true, upstreams: [upstream.address]});
	t.is(said(await ask(port, '.', {type: 'NS'})), '203.0.113.7', 'the root is no container');
	t.is(said(await ask(port, 'web', {type: 'AXFR'})), 'REFUSED');
	const chaos = queryOf('version.bind', {type: 'TXT'});
	chaos.writeUInt16BE(3, chaos.length - 2);
	t.is(said(dnsPacket.decode(await exchangeUdp(port, chaos))), 'REFUSED');
	t.is(upstream.asked.length, 1);
});

test('labels with dots, backslashes and any byte are no other names', async t => {
	const port = await serve(t, [], {
		records: [record('a.b', 'A', '192.0.2.1'), record(String.raw`a\b`, 'A', '192.0.2.2'), record('straße', 'A', '192.0.2.3'), record('é', 'A', '192.0.2.4')],
	});
	const ofLabels = (...labels: string[]) => {
		const query = queryOf('x');
		const question = labels.map(label => String.fromCodePoint(label.length) + label).join('');
		return Buffer.concat([query.subarray(0, 12), Buffer.from(`${question}\0`, 'latin1'), query.subarray(-4)]);
	};

	const saidTo = async (...labels: string[]) => (await exchangeUdp(port, ofLabels(...labels)))[3]! & 15;
	t.is(await saidTo('a', 'b'), 0);
	t.is(await saidTo('a.b'), 3);
	t.is(await saidTo(String.raw`a\b`), 3);
	t.is(await saidTo('\u{0}'), 3);
	t.is(await saidTo('\u{C9}'), 3, 'only ASCII letters have case');
});

test('a table replaces the one before it whole', async t => {
	const [port, other] = [await freePort(), await freePort()];
	const server = openServer(t);
	await server.replace({zones: [zoneOf(port, [web]), zoneOf(other, [web], {network: 'back'})], upstreams: []});
	t.is(said(await ask(port, 'web')), '192.168.64.2');
	await server.replace({zones: [zoneOf(port, [member('c2', '192.168.64.3', 'web')])], upstreams: []});
	t.is(said(await ask(port, 'web')), '192.168.64.3');
	t.is(said(await ask(port, 'alias')), 'NXDOMAIN');
	await t.throwsAsync(exchangeUdp(other, queryOf('web'), {waitMs: 300}));
	await server.replace({zones: [zoneOf(other, [web])], upstreams: []});
	t.is(said(await ask(other, 'web')), '192.168.64.2');
});

test('every question is answered while tables are replaced', async t => {
	const port = await freePort();
	const server = openServer(t);
	const tableOf = (index: number) => ({zones: [zoneOf(port, [member('c1', `192.168.64.${index + 2}`, 'web')])], upstreams: []});
	await server.replace(tableOf(0));
	const replaced = new AbortController();
	const replacing = (async () => {
		for (let index = 0; index < 200; index++) {
			await server.replace(tableOf(index));
			await sleep(1);
		}

		replaced.abort();
	})();
	while (!replaced.signal.aborted) {
		t.regex(said(await ask(port, 'web')), /^192\.168\.64\.\d+$/v);
	}

	await replacing;
	t.is(said(await ask(port, 'web')), '192.168.64.201');
});

test('a question that waits for an upstream is answered after its zone and its upstreams were replaced', async t => {
	const received = Promise.withResolvers<void>();
	let answerNow = (): void => undefined;
	const upstream = await openUpstream(t, (query, transport, send) => {
		answerNow = () => {
			send([address(query, '203.0.113.9')]);
		};

		received.resolve();
		return undefined;
	});
	const port = await freePort();
	const server = openServer(t);
	await server.replace({zones: [zoneOf(port, [], {forward: true})], upstreams: [upstream.address]});
	const asking = ask(port, 'slow.example');
	await received.promise;
	await server.replace({zones: [zoneOf(port, [web])], upstreams: []});
	t.is(said(await ask(port, 'web')), '192.168.64.2');
	answerNow();
	t.is(said(await asking), '203.0.113.9');
});

test('a zone that is removed while its question waits for an upstream takes nothing else with it', async t => {
	const received = Promise.withResolvers<() => void>();
	const upstream = await openUpstream(t, (query, transport, send) => {
		received.resolve(() => {
			send([address(query, '203.0.113.9')]);
		});
		return undefined;
	});
	const [port, other] = [await freePort(), await freePort()];
	const server = openServer(t);
	await server.replace({zones: [zoneOf(port, [], {forward: true}), zoneOf(other, [web], {network: 'back'})], upstreams: [upstream.address]});
	const asking = exchangeUdp(port, queryOf('slow.example'), {waitMs: 500});
	const answerNow = await received.promise;
	await server.replace({zones: [zoneOf(other, [web], {network: 'back'})], upstreams: [upstream.address]});
	answerNow();
	await t.throwsAsync(asking);
	t.is(said(await ask(other, 'web')), '192.168.64.2');
});

test('a zone whose address is taken is named, and the others are served', async t => {
	const [port, taken] = [await freePort(), await freePort()];
	const holder = openServer(t);
	await holder.replace({zones: [zoneOf(taken, [])], upstreams: []});
	const server = openServer(t);
	const table = {zones: [zoneOf(taken, [web], {network: 'back'}), zoneOf(port, [web])], upstreams: []};
	const error = await t.throwsAsync<HolmError>(server.replace(table));
	t.is(error.code, 'conflict');
	t.is(error.message, `The name server of the network back cannot listen on 127.0.0.1 port ${taken}: another program listens there`);
	t.is(said(await ask(port, 'web')), '192.168.64.2');
	await holder.close();
	await server.replace(table);
	t.is(said(await ask(taken, 'web')), '192.168.64.2');
});

test('an address that no interface has, and what is no address', async t => {
	const server = openServer(t);
	const port = await freePort();
	const missing = await t.throwsAsync<HolmError>(server.replace({zones: [zoneOf(port, [], {address: '203.0.113.1'})], upstreams: []}));
	t.is(missing.code, 'unavailable');
	const malformed = await t.throwsAsync<HolmError>(server.replace({zones: [zoneOf(port, [], {address: 'localhost'})], upstreams: []}));
	t.is(malformed.code, 'invalid');
	const upstream = await t.throwsAsync<HolmError>(server.replace({zones: [zoneOf(port, [])], upstreams: ['dns.example']}));
	t.is(upstream.code, 'invalid');
});

test('a table that is refused leaves the one before it in place', async t => {
	const server = openServer(t);
	const port = await freePort();
	await server.replace({zones: [zoneOf(port, [web])], upstreams: []});
	await t.throwsAsync(server.replace({zones: [], upstreams: ['nonsense']}));
	t.is(said(await ask(port, 'web')), '192.168.64.2');
});

test('tables that are replaced at once end with the last one', async t => {
	const server = openServer(t);
	const port = await freePort();
	await Promise.all([2, 3, 4].map(async index => server.replace({zones: [zoneOf(port, [member('c1', `192.168.64.${index}`, 'web')])], upstreams: []})));
	t.is(said(await ask(port, 'web')), '192.168.64.4');
});
