import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import net from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import dnsPacket, {type DecodedPacket} from 'dns-packet';
import test, {type ExecutionContext} from 'ava';
import {framed} from '../../../source/host/dns/message.js';
import {
	ask,
	exchangeTcp,
	exchangeUdp,
	member,
	queryOf,
	readMessages,
	said,
	serve,
} from './client.js';
import {address, openUpstream} from './upstream-server.js';

const crowd = (count: number) => Array.from({length: count}, (_, index) => member(`c${index}`, `192.168.64.${index + 2}`, `c${index}`, 'crowd'));
const isTruncated = (packet: DecodedPacket) => (packet as DecodedPacket & {flag_tc: boolean}).flag_tc;
type Option = {readonly udpPayloadSize: number; readonly ednsVersion: number; readonly extendedRcode: number; readonly flag_do: boolean};
const optionOf = ({additionals = []}: DecodedPacket) => additionals.find(({type}) => type === 'OPT') as Option | undefined;

const connect = async (t: ExecutionContext, port: number) => {
	const socket = net.connect({port, host: '127.0.0.1', allowHalfOpen: true});
	socket.on('error', () => undefined);
	t.teardown(() => {
		socket.destroy();
	});
	await once(socket, 'connect');
	return socket;
};

/** Resolves when the server has ended a connection. */
const isEnded = async (socket: net.Socket) => {
	socket.resume();
	await Promise.race([once(socket, 'end'), once(socket, 'close')]);
	return true;
};

test('a UDP answer is as long as the client takes, 512 bytes without EDNS and 1232 at most', async t => {
	const port = await serve(t, crowd(100));
	const lengthOf = async (edns?: number) => {
		const query = queryOf('crowd', {edns});
		if (edns !== undefined) {
			query.writeUInt16BE(edns, query.length - 8);
		}

		const message = await exchangeUdp(port, query);
		const packet = dnsPacket.decode(message);
		t.true(isTruncated(packet));
		const [limit, optionSize] = edns === undefined ? [512, 0] as const : [Math.min(Math.max(edns, 512), 1232), 11] as const;
		t.is(packet.answers!.length, Math.floor((limit - 23 - optionSize) / 16));
		return message.length;
	};

	t.true(await lengthOf() <= 512);
	for (const edns of [0, 511, 512, 513, 800, 1232, 1233, 4096, 65_535]) {
		t.true(await lengthOf(edns) <= Math.min(Math.max(edns, 512), 1232));
	}
});

test('members of a truncated answer rotate too', async t => {
	const port = await serve(t, crowd(40));
	const firsts = [];
	for (let index = 0; index < 3; index++) {
		firsts.push(said(await ask(port, 'crowd')).split(' ', 1)[0]);
	}

	t.is(new Set(firsts).size, 3);
});

test('what was truncated is whole over TCP', async t => {
	const port = await serve(t, crowd(200));
	const [message] = await exchangeTcp(port, [queryOf('crowd')]);
	const packet = dnsPacket.decode(message!);
	t.false(isTruncated(packet));
	t.is(packet.answers?.length, 200);
});

test('EDNS is answered with EDNS, its absence with its absence', async t => {
	const port = await serve(t, crowd(1));
	t.is(optionOf(await ask(port, 'crowd')), undefined);
	for (const name of ['crowd', 'unknown']) {
		const option = optionOf(await ask(port, name, {edns: 4096, dnssecOk: true}));
		t.deepEqual([option?.udpPayloadSize, option?.ednsVersion, option?.extendedRcode, option?.flag_do], [1232, 0, 0, true]);
	}
});

test('an unknown EDNS version is refused with the known one', async t => {
	const port = await serve(t, crowd(1));
	const query = queryOf('crowd', {edns: 1232});
	query[query.length - 5] = 1;
	const packet = dnsPacket.decode(await exchangeUdp(port, query));
	t.deepEqual([(packet as unknown as {rcode: string}).rcode, optionOf(packet)?.extendedRcode, optionOf(packet)?.ednsVersion], ['NOERROR', 1, 0]);
	t.is(packet.answers?.length, 0);
});

test('unknown EDNS options are ignored', async t => {
	const port = await serve(t, crowd(1));
	const query = dnsPacket.encode({
		type: 'query', id: 1, questions: [{type: 'A', name: 'crowd'}], additionals: [{
			type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options: [{code: 10, data: Buffer.from('12345678')}, {code: 65_001, data: Buffer.alloc(400)}],
		}],
	} as unknown as dnsPacket.Packet);
	for (let index = 0; index < 3; index++) {
		t.is(said(dnsPacket.decode(await exchangeUdp(port, query))), '192.168.64.2');
	}
});

test('several questions on one connection, in one piece', async t => {
	const port = await serve(t, crowd(3));
	const messages = await exchangeTcp(port, ['c0', 'c1', 'nobody', 'c2'].map((name, id) => queryOf(name, {id})));
	t.deepEqual(messages.map(message => said(dnsPacket.decode(message))), ['192.168.64.2', '192.168.64.3', 'NXDOMAIN', '192.168.64.4']);
	t.deepEqual(messages.map(message => dnsPacket.decode(message).id), [0, 1, 2, 3]);
});

test('a question that comes byte by byte', async t => {
	const port = await serve(t, crowd(1));
	const socket = await connect(t, port);
	socket.setNoDelay(true);
	for (const byte of framed(queryOf('crowd'))) {
		socket.write(Buffer.of(byte));
		await sleep(1);
	}

	const [message] = await readMessages(socket, 1);
	t.is(said(dnsPacket.decode(message!)), '192.168.64.2');
});

test('a slow answer holds up no other on the connection', async t => {
	const upstream = await openUpstream(t, (query, transport, send) => {
		setTimeout(() => {
			send([address(query, '203.0.113.7')]);
		}, 200);
		return undefined;
	});
	const port = await serve(t, crowd(1), {forward: true, upstreams: [upstream.address]});
	const messages = await exchangeTcp(port, [queryOf('slow.example', {id: 1}), queryOf('crowd', {id: 2})]);
	t.deepEqual(messages.map(message => dnsPacket.decode(message).id), [2, 1]);
});

test('more questions than are worked on at once are all answered', async t => {
	const upstream = await openUpstream(t, (query, transport, send) => {
		setTimeout(() => {
			send([address(query, '203.0.113.7')]);
		}, 20);
		return undefined;
	});
	const port = await serve(t, [], {forward: true, upstreams: [upstream.address]});
	const messages = await exchangeTcp(port, Array.from({length: 150}, (_, id) => queryOf(`n${id}.example`, {id})));
	t.deepEqual(messages.map(message => dnsPacket.decode(message).id!).toSorted((a, b) => a - b), Array.from({length: 150}, (_, id) => id));
	t.true(messages.every(message => said(dnsPacket.decode(message)) === '203.0.113.7'));
});

test('a half-closed client still gets its answers, then the end', async t => {
	const upstream = await openUpstream(t);
	const port = await serve(t, crowd(1), {forward: true, upstreams: [upstream.address]});
	const socket = await connect(t, port);
	socket.end(Buffer.concat([framed(queryOf('a.example')), framed(queryOf('crowd'))]));
	t.is((await readMessages(socket, 3)).length, 2);
});

test('a slow reader gets every answer', async t => {
	const port = await serve(t, crowd(200));
	const socket = await connect(t, port);
	socket.pause();
	const query = framed(queryOf('crowd'));
	for (let index = 0; index < 2000; index++) {
		socket.write(query);
	}

	await sleep(200);
	const messages = await readMessages(socket, 2000);
	t.is(messages.length, 2000);
	t.true(messages.every(message => dnsPacket.decode(message).answers?.length === 200));
});

test('the server survives half a question and a hang-up', async t => {
	const port = await serve(t, crowd(1));
	const whole = framed(queryOf('crowd'));
	const leave = [
		(socket: net.Socket) => socket.resetAndDestroy(),
		(socket: net.Socket) => socket.destroy(),
		(socket: net.Socket) => socket.end(),
	];
	for (let length = 0; length < whole.length; length++) {
		const socket = await connect(t, port);
		socket.write(whole.subarray(0, length));
		leave[length % leave.length]!(socket);
		await isEnded(socket);
	}

	t.is(said(await ask(port, 'crowd')), '192.168.64.2');
	const [message] = await exchangeTcp(port, [queryOf('crowd')]);
	t.is(said(dnsPacket.decode(message!)), '192.168.64.2');
});

test('the server survives a client that hangs up early', async t => {
	const asked = Promise.withResolvers<() => void>();
	const upstream = await openUpstream(t, (query, transport, send) => {
		asked.resolve(() => {
			send([address(query, '203.0.113.7')]);
		});
		return undefined;
	});
	const port = await serve(t, crowd(1), {forward: true, upstreams: [upstream.address]});
	const socket = await connect(t, port);
	socket.write(framed(queryOf('a.example')));
	const answer = await asked.promise;
	socket.resetAndDestroy();
	await once(socket, 'close');
	answer();
	t.is(said(await ask(port, 'a.example')), '203.0.113.7');
});

test('a message shorter than a header ends the connection, what is no query gets no answer', async t => {
	const port = await serve(t, crowd(1));
	const short = await connect(t, port);
	short.write(Buffer.of(0, 3, 1, 2, 3));
	t.deepEqual(await readMessages(short, 1), []);
	const response = queryOf('crowd', {id: 1});
	response[2]! |= 0x80;
	const [message] = await exchangeTcp(port, [response, queryOf('crowd', {id: 2})]);
	t.is(dnsPacket.decode(message!).id, 2);
});

test('an idle connection is closed', async t => {
	const port = await serve(t, crowd(1));
	const [idle, half] = [await connect(t, port), await connect(t, port)];
	half.write(framed(queryOf('crowd')).subarray(0, 9));
	t.true(await isEnded(idle));
	t.true(await isEnded(half));
});

test('connections of one client do not block others', async t => {
	const port = await serve(t, crowd(1));
	const sockets = await Promise.all(Array.from({length: 40}, async () => connect(t, port)));
	const ended = new Set<net.Socket>();
	const enough = Promise.withResolvers<void>();
	for (const socket of sockets) {
		socket.resume();
		socket.once('end', () => {
			ended.add(socket);
			if (ended.size === 8) {
				enough.resolve();
			}
		});
	}

	await enough.promise;
	await sleep(100);
	t.is(ended.size, 8);
	const [message] = await exchangeTcp(port, [queryOf('crowd')], {from: '127.0.0.9'});
	t.is(said(dnsPacket.decode(message!)), '192.168.64.2');
});
