import {Buffer} from 'node:buffer';
import dnsPacket, {type Answer, type DecodedPacket} from 'dns-packet';
import test from 'ava';
import {createAnswerCache} from '../../../source/host/dns/cache.js';
import {rcodes} from '../../../source/host/dns/message.js';
import {createResolver} from '../../../source/host/dns/resolver.js';
import {createResponder} from '../../../source/host/dns/responder.js';
import {parseUpstream} from '../../../source/host/dns/upstream.js';
import {
	ask,
	exchangeTcp,
	exchangeUdp,
	freePort,
	queryOf,
	said,
	serve,
} from './client.js';
import {address, encodeReply, openUpstream} from './upstream-server.js';

const soa = (ttl: number, minimum: number): Answer => ({
	type: 'SOA', name: 'example', ttl, data: {
		mname: 'ns.example', rname: 'admin.example', serial: 1, refresh: 2, retry: 3, expire: 4, minimum,
	},
});

const failing = (query: DecodedPacket, rcode: number) => encodeReply(query, [], {flags: rcode});

/** A resolver with the test's clock. */
const openResolver = (upstreams: readonly string[], timeoutMs = 10_000) => {
	const clock = {time: 0};
	const respond = createResponder(createResolver({
		upstreams: upstreams.map(text => parseUpstream(text)), timeoutMs, cache: createAnswerCache({now: () => clock.time}),
	}));
	const resolve = async (name: string, asked?: Parameters<typeof queryOf>[1]) => dnsPacket.decode((await respond(queryOf(name, asked), 'udp', '192.0.2.1'))!);
	return {resolve, respond, clock};
};

const ttlOf = ({answers}: DecodedPacket) => (answers?.[0] as {ttl: number} | undefined)?.ttl;

test('an answer is kept for as long as it lasts, and its time runs down', async t => {
	const upstream = await openUpstream(t, query => [address(query, '203.0.113.7', 60), address(query, '203.0.113.8', 30)]);
	const {resolve, clock} = openResolver([upstream.address]);
	t.is(ttlOf(await resolve('a.example')), 60);
	clock.time = 29_999;
	const kept = await resolve('A.Example', {id: 7});
	t.is(said(kept), '203.0.113.7 203.0.113.8');
	t.deepEqual([kept.id, ttlOf(kept), kept.questions![0]!.name], [7, 31, 'A.Example']);
	t.is(upstream.asked.length, 1);
	clock.time = 30_000;
	t.is(ttlOf(await resolve('a.example')), 60);
	t.is(upstream.asked.length, 2);
});

test('other types, and DNSSEC wanted or not, are other questions', async t => {
	const upstream = await openUpstream(t);
	const {resolve} = openResolver([upstream.address]);
	for (const asked of [{}, {type: 'TXT'}, {edns: 1232}, {edns: 1232, dnssecOk: true}, {flags: 0x10}] as const) {
		await resolve('a.example', asked);
		await resolve('a.example', asked);
	}

	t.deepEqual(upstream.asked.map(({query}) => query.questions![0]!.type), ['A', 'TXT', 'A', 'A']);
	const options = upstream.asked.map(({query}) => query.additionals?.[0] as {udpPayloadSize: number; flag_do: boolean} | undefined);
	t.deepEqual(options.map(option => option && [option.udpPayloadSize, option.flag_do]), [undefined, undefined, [1232, true], undefined]);
});

test('that a name does not exist is kept for as long as its zone says', async t => {
	const upstream = await openUpstream(t, query => encodeReply(query, [], {flags: 3, authorities: [soa(600, 20)]}));
	const {resolve, clock} = openResolver([upstream.address]);
	t.is(said(await resolve('no.example')), 'NXDOMAIN');
	clock.time = 19_999;
	t.is((await resolve('no.example')).authorities?.length, 1);
	t.is(upstream.asked.length, 1);
	clock.time = 20_000;
	await resolve('no.example');
	t.is(upstream.asked.length, 2);
});

test('what does not say how long it lasts, or lasts no time, is not kept', async t => {
	const upstream = await openUpstream(t, query => query.questions![0]!.name === 'zero.example' ? [address(query, '203.0.113.7', 0)] : encodeReply(query, [], {flags: 3}));
	const {resolve} = openResolver([upstream.address]);
	for (const name of ['no.example', 'no.example', 'zero.example', 'zero.example']) {
		await resolve(name);
	}

	t.is(upstream.asked.length, 4);
});

test('a time to live beyond its range is none, and a very long one is cut', async t => {
	const upstream = await openUpstream(t, query => {
		const response = encodeReply(query, [address(query, '203.0.113.7', 60)]);
		response.writeUInt32BE(query.questions![0]!.name === 'over.example' ? 0x80_00_00_3C : 0x7F_FF_FF_FF, response.length - 10);
		return response;
	});
	const {resolve, clock} = openResolver([upstream.address]);
	await resolve('over.example');
	await resolve('over.example');
	t.is(upstream.asked.length, 2);
	await resolve('long.example');
	clock.time = 86_400_000;
	await resolve('long.example');
	t.is(upstream.asked.length, 4);
});

test('a question that is already asked is not asked again', async t => {
	const upstream = await openUpstream(t, (query, transport, send) => {
		setTimeout(() => {
			send([address(query, '203.0.113.7')]);
		}, 50);
		return undefined;
	});
	const {resolve} = openResolver([upstream.address]);
	const answers = await Promise.all(Array.from({length: 50}, async (_, id) => resolve(id % 2 === 0 ? 'a.example' : 'A.EXAMPLE', {id})));
	t.deepEqual(answers.map(({id}) => id), Array.from({length: 50}, (_, id) => id));
	t.true(answers.every(answer => said(answer) === '203.0.113.7'));
	t.is(upstream.asked.length, 1);
});

test('the next upstream is asked when one fails, refuses, is silent or answers nonsense, and stays the first', async t => {
	const replies = [
		(query: DecodedPacket) => failing(query, rcodes.serverFailure),
		(query: DecodedPacket) => failing(query, rcodes.refused),
		() => undefined,
		// Its header counts a record that is missing.
		(query: DecodedPacket) => encodeReply(query, [address(query, '203.0.113.1')]).subarray(0, -4),
	];
	for (const reply of replies) {
		const [bad, good] = [await openUpstream(t, reply), await openUpstream(t)];
		const {resolve} = openResolver([bad.address, good.address], 1000);
		t.is(said(await resolve('a.example')), '203.0.113.7');
		t.is(said(await resolve('b.example')), '203.0.113.7');
		t.deepEqual([bad.asked.length, good.asked.length], [1, 2]);
	}

	const good = await openUpstream(t);
	const {resolve} = openResolver([`127.0.0.1:${await freePort()}`, good.address]);
	t.is(said(await resolve('a.example')), '203.0.113.7', 'nobody listens at the first');
});

test('when none answers the client is told, and nothing is kept', async t => {
	const [first, second] = [await openUpstream(t, () => undefined), await openUpstream(t, query => failing(query, rcodes.serverFailure))];
	const {resolve} = openResolver([first.address, second.address], 50);
	t.is(said(await resolve('a.example')), 'SERVFAIL');
	t.deepEqual([first.asked.length, second.asked.length], [2, 2]);
	await resolve('a.example');
	t.is(second.asked.length, 4);
	t.is(said(await openResolver([]).resolve('a.example')), 'SERVFAIL');
});

test('a network that forwards does so, an internal one does not', async t => {
	const upstream = await openUpstream(t);
	const outside = await serve(t, [], {forward: true, upstreams: [upstream.address]});
	const packet = await ask(outside, 'a.example', {edns: 4096}) as DecodedPacket & {flag_aa: boolean; flag_ra: boolean};
	t.is(said(packet), '203.0.113.7');
	t.deepEqual([packet.flag_aa, packet.flag_ra, packet.additionals?.length], [false, true, 1]);
	const inside = await serve(t, [], {forward: false, upstreams: [upstream.address]});
	t.is(said(await ask(inside, 'a.example')), 'NXDOMAIN');
	t.is(upstream.asked.length, 1);
});

test('an answer that is too long for UDP is fetched over TCP', async t => {
	const upstream = await openUpstream(t, (query, transport) => transport === 'udp'
		? encodeReply(query, [], {flags: dnsPacket.TRUNCATED_RESPONSE})
		: Array.from({length: 40}, (_, index) => address(query, `203.0.113.${index}`)));
	const port = await serve(t, [], {forward: true, upstreams: [upstream.address]});
	const [message] = await exchangeTcp(port, [queryOf('a.example')]);
	t.is(dnsPacket.decode(message!).answers?.length, 40);
	t.deepEqual(upstream.asked.map(({transport}) => transport), ['udp', 'tcp']);
	const plain = await exchangeUdp(port, queryOf('a.example'));
	t.true(plain.length <= 512);
	t.true((dnsPacket.decode(plain) as DecodedPacket & {flag_tc: boolean}).flag_tc);
	t.is(dnsPacket.decode(await exchangeUdp(port, queryOf('a.example', {edns: 1232}))).answers?.length, 40);
	t.is(upstream.asked.length, 2, 'what was fetched serves all three');
});

test('an answer comes back as it was sent, records of unknown types included', async t => {
	const records = Buffer.from('C00CFF9A00010000003C0003AABBCC', 'hex');
	const upstream = await openUpstream(t, query => {
		const head = encodeReply(query, []);
		head.writeUInt16BE(1, 6);
		return Buffer.concat([head, records]);
	});
	const port = await serve(t, [], {forward: true, upstreams: [upstream.address]});
	for (const _ of [1, 2]) {
		const response = await exchangeUdp(port, queryOf('a.example'));
		t.deepEqual(response.subarray(-records.length), records);
	}

	t.is(upstream.asked.length, 1);
});

test('forged answers are ignored', async t => {
	const upstream = await openUpstream(t, (query, transport, send) => {
		const right = encodeReply(query, [address(query, '203.0.113.7')]);
		const wrong = encodeReply(query, [address(query, '203.0.113.66')]);
		const change = (offset: number) => {
			const changed = Buffer.from(wrong);
			changed[offset]! ^= 1;
			return changed;
		};

		// Another id, a query, two questions, another name, type and class, and nothing at all.
		const query_ = Buffer.from(wrong);
		query_[2]! &= 0x7F;
		const forged = [change(0), change(1), query_, ...[4, 13, 12 + 11 + 1, 12 + 11 + 3].map(offset => change(offset))];
		for (const message of [...forged, Buffer.alloc(0), wrong.subarray(0, 11), right]) {
			send(message);
		}

		return undefined;
	});
	const {resolve} = openResolver([upstream.address], 2000);
	t.is(said(await resolve('a.example')), '203.0.113.7');
});

test('questions go out with ids and from ports that cannot be foreseen', async t => {
	const upstream = await openUpstream(t);
	const {resolve} = openResolver([upstream.address]);
	for (let index = 0; index < 20; index++) {
		await resolve(`n${index}.example`, {id: index});
	}

	t.true(new Set(upstream.asked.map(({query}) => query.id)).size > 15);
	t.true(new Set(upstream.asked.map(({sourcePort}) => sourcePort)).size > 15);
	t.true(upstream.asked.some(({query}, index) => query.id !== index));
});

test('questions beyond what can be asked at once fail, and room comes back', async t => {
	const upstream = await openUpstream(t, (query, transport, send) => {
		setTimeout(() => {
			send([address(query, '203.0.113.7')]);
		}, 300);
		return undefined;
	});
	// What the kernel drops is asked again.
	const {resolve} = openResolver([upstream.address, upstream.address], 2000);
	const answers = await Promise.all(Array.from({length: 600}, async (_, index) => resolve(`n${index}.example`)));
	t.is(answers.filter(answer => said(answer) === '203.0.113.7').length, 500);
	t.is(answers.filter(answer => said(answer) === 'SERVFAIL').length, 100);
	t.is(said(await resolve('again.example')), '203.0.113.7');
});

test('an upstream with invalid TCP answers is skipped', async t => {
	const truncated = (query: DecodedPacket) => encodeReply(query, [], {flags: dnsPacket.TRUNCATED_RESPONSE});
	const replies = [
		(query: DecodedPacket) => encodeReply({...query, id: query.id! ^ 1}, [address(query, '203.0.113.66')]),
		() => undefined,
		() => Buffer.alloc(0),
		() => Buffer.alloc(5),
	];
	for (const overTcp of replies) {
		const bad = await openUpstream(t, (query, transport) => transport === 'udp' ? truncated(query) : overTcp(query));
		const good = await openUpstream(t);
		t.is(said(await openResolver([bad.address, good.address], 1000).resolve('a.example')), '203.0.113.7');
	}
});

test('upstreams are addresses with or without a port', t => {
	t.deepEqual(parseUpstream('192.0.2.1'), {address: '192.0.2.1', port: 53});
	t.deepEqual(parseUpstream('192.0.2.1:5353'), {address: '192.0.2.1', port: 5353});
	t.deepEqual(parseUpstream('2001:db8::1'), {address: '2001:db8::1', port: 53});
	t.deepEqual(parseUpstream('[2001:db8::1]:5353'), {address: '2001:db8::1', port: 5353});
	for (const text of ['', 'dns.example', '192.0.2.1:0', '192.0.2.1:65536', '192.0.2.1:', '192.0.2.256', '[2001:db8::1]', '192.0.2.1:53:53', '[192.0.2.1', '192.0.2.1\n:53']) {
		t.throws(() => parseUpstream(text), {code: 'invalid'}, text);
	}
});
