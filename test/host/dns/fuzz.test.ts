import {Buffer} from 'node:buffer';
import dgram from 'node:dgram';
import {once} from 'node:events';
import net from 'node:net';
import dnsPacket from 'dns-packet';
import test from 'ava';
import {countsOf, decodeQuestion, recordSpans, type Message} from '../../../source/host/dns/message.js';
import {createNameServer} from '../../../source/host/dns/server.js';
import {createRandom, type Random} from '../random.js';
import {
	ask,
	exchangeUdp,
	freePort,
	member,
	queryOf,
	said,
	serve,
	zoneOf,
} from './client.js';
import {address, encodeReply, openUpstream} from './upstream-server.js';

const crowd = Array.from({length: 50}, (_, index) => member(`c${index}`, `192.168.64.${index + 2}`, `c${index}`, 'crowd'));

const seeds: readonly Message[] = [
	queryOf('c1'),
	queryOf('crowd', {edns: 512}),
	queryOf('unknown', {type: 'AAAA', edns: 4096, dnssecOk: true}),
	queryOf('2.64.168.192.in-addr.arpa', {type: 'PTR'}),
	queryOf('.', {type: 'NS'}),
	queryOf(`${'x'.repeat(63)}.`.repeat(3) + 'y'.repeat(61)),
	dnsPacket.encode({type: 'query', questions: [{type: 'A', name: 'c1'}, {type: 'A', name: 'c2'}]}),
	encodeReply(dnsPacket.decode(queryOf('c1')), [{type: 'A', name: 'c1', data: '192.0.2.1'}]),
];

/** Bytes with a meaning in many places: lengths, pointers, types and range limits. */
const telling = [0, 1, 11, 12, 16, 28, 29, 40, 41, 63, 64, 127, 128, 191, 192, 193, 251, 252, 254, 255];

const change: ReadonlyArray<(message: Message, random: Random) => Message> = [
	(message, {below, pick}) => {
		message[below(message.length)] = pick(telling);
		return message;
	},
	(message, {below}) => {
		message[below(message.length)]! ^= 1 << below(8);
		return message;
	},
	(message, {below}) => message.subarray(0, below(message.length + 1)),
	(message, {below}) => {
		const at = below(message.length);
		return Buffer.concat([message.subarray(0, at), Buffer.from(Array.from({length: below(40)}, () => below(256))), message.subarray(at)]);
	},
	(message, {below}) => {
		const [from, to] = [below(message.length), below(message.length)];
		return Buffer.concat([message.subarray(0, Math.min(from, to)), message.subarray(Math.max(from, to))]);
	},
	// Counts of records in the header.
	(message, {below, pick}) => {
		if (message.length >= 12) {
			message.writeUInt16BE(pick([0, 1, 2, 3, 65_535]), 4 + (2 * below(4)));
		}

		return message;
	},
	(message, {below}) => Buffer.concat([message, message.subarray(Math.min(12, message.length), below(message.length + 1))]),
	// A random header is almost never a query, so some messages get a valid one.
	(message, {below}) => Buffer.concat([Buffer.from('000001000001000000000000', 'hex'), Buffer.from(Array.from({length: below(300)}, () => below(256)))]),
];

const mutate = (random: Random): Message => {
	let message: Message = Buffer.from(random.pick(seeds));
	for (let changes = random.below(4); changes >= 0 && message.length > 0; changes--) {
		message = random.pick(change)(message, random);
	}

	return message;
};

/** Whether a response has exactly the records that its header counts. */
const isWellFormed = (response: Message) => {
	if (response.length === 12) {
		return countsOf(response).every(count => count === 0) && response.readUInt16BE(4) === 0;
	}

	const question = decodeQuestion(response);
	const spans = question && recordSpans(response, question.end, countsOf(response));
	return spans !== undefined && (spans.at(-1)?.end ?? question?.end) === response.length;
};

const fault = (message: Message, response: Message): string | undefined => {
	const complaints = {
		'answers a response': message[2]! >= 0x80,
		'has no mark of a response': response[2]! < 0x80,
		'has another id': response.readUInt16BE(0) !== message.readUInt16BE(0),
		'is too long': response.length > 1232,
		'is malformed': !isWellFormed(response),
	};
	const complaint = Object.entries(complaints).find(([, isTrue]) => isTrue)?.[0];
	return complaint && `${complaint}: ${message.toString('hex')} → ${response.toString('hex')}`;
};

test('malformed packets of every kind over UDP', async t => {
	const port = await serve(t, crowd);
	const random = createRandom(1);
	const socket = dgram.createSocket('udp4');
	t.teardown(() => {
		socket.close();
	});
	const sent = new Map<number, Message>();
	const faults: string[] = [];
	let answered = 0;
	socket.on('message', response => {
		answered++;
		const complaint = fault(sent.get(response.readUInt16BE(0))!, response);
		if (complaint) {
			faults.push(complaint);
		}
	});
	for (let round = 0; round < 200; round++) {
		// A limited number at once, so that no buffer overflows.
		for (let index = 0; index < 100; index++) {
			const message = mutate(random);
			if (message.length >= 2) {
				const id = (100 * round) + index;
				message.writeUInt16BE(id, 0);
				sent.set(id, message);
			}

			socket.send(message, port, '127.0.0.1');
		}

		t.is(said(await ask(port, 'c1')), '192.168.64.3');
	}

	t.deepEqual(faults, []);
	t.true(answered > 5000, `${answered} answers`);
});

test('malformed packets of every kind over TCP', async t => {
	const port = await serve(t, crowd);
	const random = createRandom(2);
	for (let round = 0; round < 300; round++) {
		const socket = net.connect(port, '127.0.0.1');
		socket.on('error', () => undefined);
		const pieces = Array.from({length: 1 + random.below(5)}, () => {
			const message = mutate(random);
			const length = Buffer.alloc(2);
			length.writeUInt16BE(random.below(10) === 0 ? random.below(65_536) : message.length);
			return Buffer.concat([length, message]);
		});
		socket.end(Buffer.concat(pieces));
		socket.resume();
		if (!socket.destroyed) {
			await once(socket, 'close', {signal: AbortSignal.timeout(15_000)});
		}
	}

	t.is(said(await ask(port, 'c1')), '192.168.64.3');
});

test('every kind of malformed query gets the code that is meant for it', async t => {
	const port = await serve(t, crowd);
	const codeOf = async (edit: (query: Message) => Message | void, asked?: Parameters<typeof queryOf>[1]) => {
		const query = queryOf('c1', asked);
		const response = await exchangeUdp(port, edit(query) ?? query);
		return response[3]! & 15;
	};

	const write = (offset: number, value: number) => (query: Message) => {
		query[offset] = value;
	};

	t.is(await codeOf(write(2, 0x10)), 4, 'another opcode');
	t.is(await codeOf(write(2, 0x28)), 4, 'an update');
	t.is(await codeOf(write(5, 0)), 1, 'no question');
	t.is(await codeOf(write(5, 2)), 1, 'two questions');
	t.is(await codeOf(write(7, 1)), 1, 'an answer that is not there');
	t.is(await codeOf(write(12, 0xC0)), 1, 'a compressed name');
	t.is(await codeOf(write(12, 0x40)), 1, 'a reserved kind of label');
	t.is(await codeOf(write(12, 63)), 1, 'a label beyond the end');
	t.is(await codeOf(query => query.subarray(0, -1)), 1, 'half a class');
	t.is(await codeOf(query => query.subarray(0, 12)), 1, 'a header alone');
	t.is(await codeOf(query => Buffer.concat([query, Buffer.alloc(300)])), 0, 'bytes after the end');
	t.is(await codeOf(query => Buffer.concat([query.subarray(0, 12), ...Array.from({length: 64}, () => Buffer.from('\u{3}abc')), Buffer.alloc(1), query.subarray(-4)])), 1, 'a name of 257 bytes');
	t.is(await codeOf(query => {
		query[11] = 2;
		return Buffer.concat([query, query.subarray(-11)]);
	}, {edns: 1232}), 1, 'two EDNS records');
	t.is(await codeOf(query => {
		query[7] = 1;
		query[11] = 0;
	}, {edns: 1232}), 1, 'EDNS among the answers');
	t.is(await codeOf(write(2, 0x03)), 0, 'a query that says it is truncated');
});

test('responses and what is shorter than a header are never answered', async t => {
	const port = await serve(t, crowd);
	const socket = dgram.createSocket('udp4');
	t.teardown(() => {
		socket.close();
	});
	const answers: Message[] = [];
	socket.on('message', message => {
		answers.push(message);
	});
	const response = queryOf('c1', {id: 1});
	response[2]! |= 0x80;
	const refusal = queryOf('c1', {id: 2, flags: 0});
	refusal[2]! |= 0xA8;
	for (const message of [response, refusal, Buffer.alloc(0), Buffer.alloc(11), queryOf('c1', {id: 3})]) {
		socket.send(message, port, '127.0.0.1');
	}

	await once(socket, 'message', {signal: AbortSignal.timeout(10_000)});
	await ask(port, 'c1');
	t.deepEqual(answers.map(answer => answer.readUInt16BE(0)), [3]);
});

test('an upstream that answers anything at all', async t => {
	const random = createRandom(3);
	const upstream = await openUpstream(t, query => {
		const reply = encodeReply(query, Array.from({length: random.below(20)}, () => address(query, '203.0.113.7')));
		let message: Message = Buffer.from(reply);
		// Header and question are kept, so that it counts as an answer.
		const head = message.subarray(0, 4);
		const start = Math.min(reply.length, decodeQuestion(reply)!.end);
		message = Buffer.concat([head, message.subarray(4, start), random.pick(change)(Buffer.from([...message.subarray(start), 0]), random)]);
		message.writeUInt16BE(random.pick([0, 1, 5, 20]), 6);
		message.writeUInt16BE(random.pick([0, 0, 1, 20]), 8);
		return message;
	});
	const server = createNameServer();
	t.teardown(async () => server.close());
	const port = await freePort();
	await server.replace({zones: [zoneOf(port, crowd, {forward: true})], upstreams: [upstream.address]});
	const faults: string[] = [];
	for (let index = 0; index < 1000; index++) {
		const query = queryOf(`n${random.below(300)}.example`, {edns: random.pick([undefined, 1232])});
		const complaint = fault(query, await exchangeUdp(port, query));
		if (complaint) {
			faults.push(complaint);
		}
	}

	t.deepEqual(faults, []);
	t.is(said(await ask(port, 'c1')), '192.168.64.3');
});
