import dgram from 'node:dgram';
import {once} from 'node:events';
import net from 'node:net';
import {setImmediate as turn} from 'node:timers/promises';
import dnsPacket from 'dns-packet';
import test from 'ava';
import {createDrops, type Dropped} from '../../../source/host/dns/drops.js';
import {createPlaces} from '../../../source/host/dns/places.js';
import {createResolver} from '../../../source/host/dns/resolver.js';
import {createResponder} from '../../../source/host/dns/responder.js';
import {parseUpstream} from '../../../source/host/dns/upstream.js';
import {
	ask,
	exchangeTcp,
	freePort,
	member,
	openServer,
	queryOf,
	said,
	serve,
	zoneOf,
} from './client.js';
import {address, openUpstream} from './upstream-server.js';

/** Places that record each loss by client and number. */
const openPlaces = (limit: number, limitPerClient?: number) => {
	const evicted: string[] = [];
	const dropped: string[] = [];
	const places = createPlaces({
		limit,
		limitPerClient,
		onDrop(client) {
			dropped.push(client);
		},
	});
	let next = 0;
	const take = (client: string) => {
		const number = next++;
		return places.take(client, () => {
			evicted.push(`${client}${number}`);
		});
	};

	return {take, evicted, dropped};
};

test('one client may have every place until another one needs its share', t => {
	const {take, evicted, dropped} = openPlaces(4);
	const releases = Array.from({length: 4}, () => take('a'));
	t.true(releases.every(release => release !== undefined));
	t.is(take('a'), undefined);
	t.truthy(take('b'));
	t.truthy(take('b'));
	t.is(take('b'), undefined, 'half of it is as much as the other has');
	t.deepEqual(evicted, ['a3', 'a2'], 'the newest first');
	t.deepEqual(dropped, ['a', 'a', 'a', 'b']);
	releases[3]!();
	t.is(take('b'), undefined, 'an evicted place is not released twice');
	releases[0]!();
	t.truthy(take('b'));
});

test('the client with the most places loses one, and none does when all have their share', t => {
	const {take, evicted} = openPlaces(6);
	for (const client of ['a', 'b', 'b', 'c', 'c', 'c']) {
		take(client);
	}

	t.truthy(take('d'));
	t.deepEqual(evicted, ['c5']);
	for (const client of ['e', 'f', 'g']) {
		take(client);
	}

	t.deepEqual(evicted, ['c5', 'b2', 'c4'], 'six have one each, and there is none for the seventh');
});

test('a client has no more than its own limit, whatever is free', t => {
	const {take} = openPlaces(100, 2);
	t.truthy(take('a'));
	t.truthy(take('a'));
	t.is(take('a'), undefined);
	t.truthy(take('b'));
});

test('drops are reported at once, then counted', async t => {
	const lines: string[] = [];
	const more = Promise.withResolvers<void>();
	const drop = createDrops(line => {
		lines.push(line);
		if (lines.length === 2) {
			more.resolve();
		}
	}, 10);
	for (let index = 0; index < 1000; index++) {
		drop('questions', '192.0.2.1');
	}

	for (let index = 2; index < 30; index++) {
		drop('connections', `192.0.2.${index}`);
	}

	// The interval keeps no process alive.
	const alive = setInterval(() => undefined, 1000);
	await more.promise;
	clearInterval(alive);
	t.regex(lines[0]!, /: 1 questions of 192\.0\.2\.1$/v);
	t.regex(lines[1]!, /: 999 questions of 192\.0\.2\.1, 1 connections of 192\.0\.2\.2, .*, 19 connections of others$/v);
});

/** An upstream that answers on demand. */
const openSlowUpstream = async (t: Parameters<typeof openUpstream>[0]) => {
	const answers: Array<() => void> = [];
	const second = Promise.withResolvers<void>();
	let isHeld = true;
	const upstream = await openUpstream(t, (query, transport, send) => {
		if (!isHeld) {
			return [address(query, '203.0.113.7')];
		}

		answers.push(() => {
			send([address(query, '203.0.113.7')]);
		});
		if (answers.length === 2) {
			second.resolve();
		}

		return undefined;
	});
	return {
		...upstream,
		/** Resolves when a second question has come. */
		asked: second.promise,
		release() {
			isHeld = false;
			for (const answer of answers) {
				answer();
			}
		},
	};
};

test('a client that floods does not affect others, and its drops are reported', async t => {
	const upstream = await openSlowUpstream(t);
	const dropped: string[] = [];
	const respond = createResponder(createResolver({
		upstreams: Array.from({length: 4}, () => parseUpstream(upstream.address)),
		timeoutMs: 10_000,
		onDrop(what, client) {
			dropped.push(`${what} of ${client}`);
		},
	}));
	const resolve = async (client: string, name: string) => said(dnsPacket.decode((await respond(queryOf(name), 'udp', client))!));
	const greedy = Array.from({length: 600}, async (_, index) => resolve('192.0.2.1', `n${index}.example`));
	const modest = Array.from({length: 20}, async (_, index) => resolve('192.0.2.2', `m${index}.example`));
	// The greedy client has lost this one meanwhile.
	const shared = resolve('192.0.2.2', 'n499.example');
	const early = await Promise.all(greedy.slice(480));
	t.true(early.every(answer => answer === 'SERVFAIL'));
	upstream.release();
	t.deepEqual(new Set(await Promise.all([...modest, shared])), new Set(['203.0.113.7']));
	const answers = await Promise.all(greedy);
	t.is(answers.filter(answer => answer === '203.0.113.7').length, 479);
	t.is(dropped.length, 121);
	t.deepEqual(new Set(dropped), new Set(['questions of 192.0.2.1']));
	t.is(await resolve('192.0.2.1', 'n599.example'), '203.0.113.7', 'that there was no place is not kept as an answer');
});

test('a question that its first client has lost is still asked for the second', async t => {
	const upstream = await openSlowUpstream(t);
	const respond = createResponder(createResolver({upstreams: [parseUpstream(upstream.address)], timeoutMs: 10_000}));
	const resolve = async (client: string, name: string) => said(dnsPacket.decode((await respond(queryOf(name), 'udp', client))!));
	const greedy = Array.from({length: 499}, async (_, index) => resolve('192.0.2.1', `n${index}.example`));
	const joined = resolve('192.0.2.2', 'n498.example');
	const other = resolve('192.0.2.3', 'other.example');
	t.is(await greedy[498], 'SERVFAIL');
	upstream.release();
	t.deepEqual(await Promise.all([joined, other, greedy[0]]), ['203.0.113.7', '203.0.113.7', '203.0.113.7']);
});

test('unanswered datagrams of one client do not delay others', async t => {
	const upstream = await openSlowUpstream(t);
	const full = Promise.withResolvers<readonly [Dropped, string]>();
	const port = await freePort();
	const server = openServer(t, (...drop) => {
		full.resolve(drop);
	});
	await server.replace({zones: [zoneOf(port, [member('c1', '192.168.64.2', 'web')], {forward: true})], upstreams: Array.from({length: 4}, () => upstream.address)});
	const socket = dgram.createSocket('udp4');
	t.teardown(() => {
		socket.close();
	});
	const flood = {isOver: false};
	void full.promise.then(() => {
		flood.isOver = true;
	});
	// The upstream gets equal questions once, but each client gets an answer.
	for (let id = 0; !flood.isOver; id++) {
		socket.send(queryOf('slow.example', {id: id % 65_536}), port, '127.0.0.1');
		// Let the server run.
		await turn();
	}

	t.deepEqual(await full.promise, ['answers', '127.0.0.1']);
	t.is(said(await ask(port, 'web', {from: '127.0.0.2'})), '192.168.64.2');
	const other = ask(port, 'other.example', {from: '127.0.0.2'});
	await upstream.asked;
	upstream.release();
	t.is(said(await other), '203.0.113.7');
});

test('clients that hold every connection leave room for one more client', async t => {
	const port = await serve(t, [member('c1', '192.168.64.2', 'web')]);
	for (let client = 10; client < 18; client++) {
		await Promise.all(Array.from({length: 32}, async () => {
			const socket = net.connect({port, host: '127.0.0.1', localAddress: `127.0.0.${client}`});
			socket.on('error', () => undefined);
			t.teardown(() => {
				socket.destroy();
			});
			await once(socket, 'connect');
		}));
	}

	const messages = await exchangeTcp(port, [queryOf('web')], {from: '127.0.0.9'});
	t.deepEqual(messages.map(message => said(dnsPacket.decode(message))), ['192.168.64.2']);
});
