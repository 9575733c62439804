import {Buffer} from 'node:buffer';
import dgram from 'node:dgram';
import {once} from 'node:events';
import net from 'node:net';
import process from 'node:process';
import dnsPacket, {type DecodedPacket, type Packet, type Question} from 'dns-packet';
import {type ExecutionContext} from 'ava';
import {type DnsRecord} from '../../../source/engine/resources.js';
import {type Drops} from '../../../source/host/dns/drops.js';
import {framed, type Message} from '../../../source/host/dns/message.js';
import {createNameServer} from '../../../source/host/dns/server.js';
import type {Zone} from '../../../source/host/dns/views.js';
import {recordsOf, type ZoneMember} from '../../../source/rules/networks/zone.js';

export type Asked = {
	readonly type?: Question['type'] | 'ANY' | 'AXFR';
	readonly id?: number;
	readonly flags?: number;
	/** UDP payload size; without it the query has no EDNS. */
	readonly edns?: number;
	readonly dnssecOk?: boolean;
};

export const queryOf = (name: string, {type = 'A', id = 4711, flags = dnsPacket.RECURSION_DESIRED, edns, dnssecOk}: Asked = {}): Message => dnsPacket.encode({
	type: 'query',
	id,
	flags,
	questions: [{type: type as Question['type'], name}],
	...edns !== undefined && {
		additionals: [{
			type: 'OPT', name: '.', udpPayloadSize: edns, flags: dnssecOk ? dnsPacket.DNSSEC_OK : 0, options: [],
		}],
	},
} as Packet);

const isFree = async (socket: net.Server | dgram.Socket): Promise<boolean> => {
	const closed = Promise.withResolvers<void>();
	try {
		await once(socket, 'listening');
		return true;
	} catch {
		return false;
	} finally {
		socket.close(() => {
			closed.resolve();
		});
		await closed.promise;
	}
};

/** Ranges of ports outside the kernel's ephemeral range. Each test process claims one by holding its first port. */
const parts = {count: 40, first: 10_000, length: 500};

const claimPart = async (index = 0): Promise<number> => {
	const start = parts.first + ((process.pid + index) % parts.count * parts.length);
	const holder = net.createServer().unref();
	const isClaimed = await new Promise<boolean>(resolve => {
		holder.once('error', () => {
			resolve(false);
		});
		holder.listen({host: '127.0.0.1', port: start, exclusive: true}, () => {
			resolve(true);
		});
	});
	return isClaimed || index === parts.count ? start + 1 : claimPart(index + 1);
};

/** Each port is used once, because a killed server must get its port again. */
const ports = {next: await claimPart()};

/** A port that is free over UDP and TCP. This is one reason why test files are processes, not threads: a child process of another thread could inherit the sockets that are closed here. */
export const freePort = async (): Promise<number> => {
	for (;;) {
		const port = ports.next++;
		if (await isFree(net.createServer().listen(port, '127.0.0.1')) && await isFree(dgram.createSocket('udp4').bind(port, '127.0.0.1'))) {
			return port;
		}
	}
};

type Where = {
	readonly to?: string;
	/** The address to send from. */
	readonly from?: string;
	/** Time limit for an answer; default ten seconds. */
	readonly waitMs?: number;
};

/** Sends a message and resolves with the first answer. Rejects if there is none in time. */
export const exchangeUdp = async (port: number, message: Message, {to = '127.0.0.1', from, waitMs = 10_000}: Where = {}): Promise<Message> => {
	const socket = dgram.createSocket(net.isIPv6(to) ? 'udp6' : 'udp4');
	try {
		if (from !== undefined) {
			socket.bind({address: from, port: 0});
			await once(socket, 'listening');
		}

		const answer = once(socket, 'message', {signal: AbortSignal.timeout(waitMs)}) as Promise<[Message]>;
		socket.send(message, port, to);
		return (await answer)[0];
	} finally {
		socket.close();
	}
};

/** Sends queries over one connection and resolves with as many answers. */
export const exchangeTcp = async (port: number, messages: readonly Message[], {to = '127.0.0.1', from}: Where = {}): Promise<Message[]> => {
	const socket = net.connect({host: to, port, localAddress: from});
	try {
		socket.write(Buffer.concat(messages.map(message => framed(message))));
		return await readMessages(socket, messages.length);
	} finally {
		socket.destroy();
	}
};

/** The next messages of a connection; fewer if it ends before. */
export const readMessages = async (socket: net.Socket, count: number): Promise<Message[]> => {
	const messages: Message[] = [];
	let received = Buffer.alloc(0);
	for await (const chunk of socket.iterator({destroyOnReturn: false}) as AsyncIterable<Message>) {
		received = Buffer.concat([received, chunk]);
		while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
			const end = 2 + received.readUInt16BE(0);
			messages.push(received.subarray(2, end));
			received = received.subarray(end);
		}

		if (messages.length >= count) {
			break;
		}
	}

	return messages;
};

export const ask = async (port: number, name: string, asked: Asked & Where = {}): Promise<DecodedPacket> =>
	dnsPacket.decode(await exchangeUdp(port, queryOf(name, asked), asked));

/** An answer in short: its code, or its records' data. */
export const said = ({answers = [], ...packet}: DecodedPacket): string => {
	const {rcode} = packet as unknown as {readonly rcode: string};
	if (rcode !== 'NOERROR') {
		return rcode;
	}

	return answers.length === 0 ? 'NODATA' : answers.map(answer => String((answer as {readonly data: unknown}).data)).join(' ');
};

export const member = (containerId: string, address: string, ...names: string[]): ZoneMember => ({containerId, address, names});

export const zoneOf = (port: number, members: readonly ZoneMember[], other: Partial<Zone> = {}): Zone => ({
	network: 'front',
	address: '127.0.0.1',
	port,
	forward: false,
	records: recordsOf({gateway: '192.168.64.1'}, members),
	...other,
});

export const record = (name: string, type: DnsRecord['type'], value: string): DnsRecord => ({
	name, type, value, ttlSeconds: 5,
});

/** A name server for a test. */
export const openServer = (t: ExecutionContext, onDrop?: Drops) => {
	const server = createNameServer(onDrop);
	t.teardown(async () => server.close());
	return server;
};

/** One zone on loopback; resolves with its port. */
export const serve = async (
	t: ExecutionContext,
	members: readonly ZoneMember[],
	other: Partial<Zone> & {readonly upstreams?: readonly string[]} = {},
): Promise<number> => {
	const {upstreams = [], ...zone} = other;
	const port = zone.port ?? await freePort();
	await openServer(t).replace({zones: [zoneOf(port, members, zone)], upstreams});
	return port;
};
