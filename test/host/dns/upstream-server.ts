import dgram from 'node:dgram';
import {once} from 'node:events';
import net from 'node:net';
import dnsPacket, {type Answer, type DecodedPacket, type Packet} from 'dns-packet';
import {type ExecutionContext} from 'ava';
import {framed, type Message} from '../../../source/host/dns/message.js';
import {freePort, readMessages} from './client.js';

/** Records, or a whole message. */
type Response = readonly Answer[] | Message;

/** An upstream's answer to a query. `send` answers later, or more than once. */
export type Reply = (query: DecodedPacket, transport: 'udp' | 'tcp', send: (response: Response) => void) => Response | undefined;

/** The reply to a query with these records. */
export const encodeReply = (query: DecodedPacket, answers: readonly Answer[], other: Partial<Packet> = {}): Message => dnsPacket.encode({
	type: 'response',
	id: query.id,
	flags: dnsPacket.RECURSION_DESIRED | dnsPacket.RECURSION_AVAILABLE,
	questions: query.questions,
	answers: [...answers],
	...other,
});

export const address = (query: DecodedPacket, data: string, ttl = 60): Answer => ({
	type: 'A', name: query.questions![0]!.name, ttl, data,
});

type Asked = {readonly query: DecodedPacket; readonly transport: 'udp' | 'tcp'; readonly sourcePort: number};

/** A name server on loopback that answers by the given function and records the queries. */
export const openUpstream = async (t: ExecutionContext, reply: Reply = query => [address(query, '203.0.113.7')]) => {
	const port = await freePort();
	const asked: Asked[] = [];
	const answer = (message: Message, transport: 'udp' | 'tcp', sourcePort: number, write: (message: Message) => void) => {
		const query = dnsPacket.decode(message);
		asked.push({query, transport, sourcePort});
		const send = (response: Response) => {
			write(response instanceof Uint8Array ? response : encodeReply(query, response));
		};

		const response = reply(query, transport, send);
		if (response) {
			send(response);
		}
	};

	const udp = dgram.createSocket('udp4');
	udp.on('message', (message, client) => {
		answer(message, 'udp', client.port, response => {
			udp.send(response, client.port, client.address);
		});
	});
	udp.bind(port, '127.0.0.1');
	await once(udp, 'listening');
	udp.setRecvBufferSize(4 * 1024 * 1024);
	const connections = new Set<net.Socket>();
	const serve = async (connection: net.Socket) => {
		const [message] = await readMessages(connection, 1);
		if (message) {
			answer(message, 'tcp', connection.remotePort ?? 0, response => {
				connection.write(framed(response));
			});
		}
	};

	const tcp = net.createServer(connection => {
		connections.add(connection);
		connection.on('error', () => undefined);
		void serve(connection);
	});
	tcp.listen(port, '127.0.0.1');
	await once(tcp, 'listening');
	t.teardown(() => {
		udp.close();
		tcp.close();
		for (const connection of connections) {
			connection.destroy();
		}
	});
	return {address: `127.0.0.1:${port}`, asked};
};
