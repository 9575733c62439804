import net from 'node:net';
import type {DnsRecord} from '../../engine/resources.js';
import {
	answerFromZone,
	denyPrivateReverse,
	denySingleLabel,
	denyUnknown,
	firstOf,
	refuseUnserved,
	type Handler,
} from './handlers.js';
import {createResponder, type Responder, type ResponderOf} from './responder.js';

export type Zone = {
	/** Name of the network, for messages. */
	readonly network: string;
	/** The network's gateway, which the name server listens on. */
	readonly address: string;
	/** Default 53. */
	readonly port?: number;
	/** Whether names of others are asked of the upstreams; false on internal networks. */
	readonly forward: boolean;
	readonly records: readonly DnsRecord[];
	/**
	By the address that a client has on this network: the names of the other networks it is on, whose zones it is answered from after this one's. A network without a zone in the table is passed over.

	A resolver asks one name server and believes its NXDOMAIN, so that server must know every name that the client may know. The addresses are to be trusted: the bridge drops what is sent from another's.
	*/
	readonly views?: Readonly<Record<string, readonly string[]>>;
};

/** A zone whose records were sorted once for all that are answered from it. */
type OpenZone = Zone & {readonly answer: Handler};

/** The first zone that knows a name answers for it alone, so that a client never gets the addresses of two containers under one name. */
const handlersOf = (zones: readonly OpenZone[], resolve: Handler): Handler => firstOf(
	refuseUnserved,
	...zones.map(({answer}) => answer),
	denyPrivateReverse,
	denySingleLabel,
	...zones.some(({forward}) => forward) ? [resolve] : [],
	denyUnknown,
);

/** As the kernel's addresses of clients are written, so that they are found by their text. */
const canonical = (address: string) => new net.SocketAddress({address, family: net.isIPv6(address) ? 'ipv6' : 'ipv4'}).address;

/** Clients with the same networks share a responder, and with it what it has prepared. */
const createViews = (zone: OpenZone, byNetwork: ReadonlyMap<string, OpenZone>, resolve: Handler): ResponderOf => {
	const views = new Map<string, Responder>();
	const shared = new Map<string, Responder>();
	const own = createResponder(handlersOf([zone], resolve));
	for (const [client, networks] of Object.entries(zone.views ?? {})) {
		const others = networks.map(network => byNetwork.get(network)).filter(other => other !== undefined);
		const key = JSON.stringify(others.map(({network}) => network));
		const responder = shared.get(key) ?? createResponder(handlersOf([zone, ...others], resolve));
		shared.set(key, responder);
		views.set(canonical(client), responder);
	}

	return views.size === 0 ? () => own : client => views.get(client) ?? own;
};

/** For each zone, in their order, who answers its clients. */
export const createResponders = (zones: readonly Zone[], resolve: Handler): ResponderOf[] => {
	const openZones = zones.map(zone => ({...zone, answer: answerFromZone(zone.records)}));
	const byNetwork = new Map(openZones.map(zone => [zone.network, zone]));
	return openZones.map(zone => createViews(zone, byNetwork, resolve));
};
