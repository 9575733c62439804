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
	/** The network's gateway, on which the name server listens. */
	readonly address: string;
	/** Default 53. */
	readonly port?: number;
	/** Whether other names are forwarded to the upstreams; false on internal networks. */
	readonly forward: boolean;
	readonly records: readonly DnsRecord[];
	/**
	For each client, by its address on this network: the names of its other networks. Their zones are searched after this one. Networks without a zone in the table are skipped.

	A resolver asks one name server and accepts its NXDOMAIN, so that server must know all names that the client may resolve. The client addresses are trusted, because the bridge drops spoofed ones.
	*/
	readonly views?: Readonly<Record<string, readonly string[]>>;
	/** For each client that knows containers by names of its own, by its address on this network: these names, which come before those of its networks. */
	readonly clientRecords?: Readonly<Record<string, readonly DnsRecord[]>>;
	/** For each client with name servers of its own, by its address on this network: where its other names are forwarded, as in `upstreams` of the table. */
	readonly clientUpstreams?: Readonly<Record<string, readonly string[]>>;
};

/** The handler that forwards to name servers; default those of the table. */
export type ResolverOf = (upstreams?: readonly string[]) => Handler;

/** A zone with its handler, which all views share. */
type OpenZone = Zone & {readonly answer: Handler};

/** Only the first zone that has a name answers it, so that a client never gets the addresses of two containers for one name. */
const handlersOf = (zones: readonly OpenZone[], resolve: Handler, own: readonly DnsRecord[] = []): Handler => firstOf(
	refuseUnserved,
	...own.length > 0 ? [answerFromZone(own, '')] : [],
	...zones.map(({answer}) => answer),
	denyPrivateReverse,
	denySingleLabel,
	...zones.some(({forward}) => forward) ? [resolve] : [],
	denyUnknown,
);

/** The form in which Node reports client addresses, for comparison as text. */
const canonical = (address: string) => new net.SocketAddress({address, family: net.isIPv6(address) ? 'ipv6' : 'ipv4'}).address;

/** Clients with the same networks and name servers share a responder and its cache. */
const createViews = (zone: OpenZone, byNetwork: ReadonlyMap<string, OpenZone>, resolverOf: ResolverOf): ResponderOf => {
	const {views: networksOf = {}, clientRecords = {}, clientUpstreams = {}} = zone;
	const views = new Map<string, Responder>();
	const shared = new Map<string, Responder>();
	const own = createResponder(handlersOf([zone], resolverOf()));
	for (const client of new Set([networksOf, clientRecords, clientUpstreams].flatMap(clients => Object.keys(clients)))) {
		const upstreams = clientUpstreams[client];
		const records = clientRecords[client] ?? [];
		const others = (networksOf[client] ?? []).map(network => byNetwork.get(network)).filter(other => other !== undefined);
		const key = JSON.stringify([others.map(({network}) => network), upstreams, records]);
		const responder = shared.get(key) ?? createResponder(handlersOf([zone, ...others], resolverOf(upstreams), records));
		shared.set(key, responder);
		views.set(canonical(client), responder);
	}

	return views.size === 0 ? () => own : client => views.get(client) ?? own;
};

/** For each zone, in order, the responders of its clients. */
export const createResponders = (zones: readonly Zone[], resolverOf: ResolverOf): ResponderOf[] => {
	const openZones = zones.map(zone => ({...zone, answer: answerFromZone(zone.records, zone.network)}));
	const byNetwork = new Map(openZones.map(zone => [zone.network, zone]));
	return openZones.map(zone => createViews(zone, byNetwork, resolverOf));
};
