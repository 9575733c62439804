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
};

/** A zone with its handler, which all views share. */
type OpenZone = Zone & {readonly answer: Handler};

/** Only the first zone that has a name answers it, so that a client never gets the addresses of two containers for one name. */
const handlersOf = (zones: readonly OpenZone[], resolve: Handler): Handler => firstOf(
	refuseUnserved,
	...zones.map(({answer}) => answer),
	denyPrivateReverse,
	denySingleLabel,
	...zones.some(({forward}) => forward) ? [resolve] : [],
	denyUnknown,
);

/** The form in which Node reports client addresses, for comparison as text. */
const canonical = (address: string) => new net.SocketAddress({address, family: net.isIPv6(address) ? 'ipv6' : 'ipv4'}).address;

/** Clients with the same networks share a responder and its cache. */
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

/** For each zone, in order, the responders of its clients. */
export const createResponders = (zones: readonly Zone[], resolve: Handler): ResponderOf[] => {
	const openZones = zones.map(zone => ({...zone, answer: answerFromZone(zone.records)}));
	const byNetwork = new Map(openZones.map(zone => [zone.network, zone]));
	return openZones.map(zone => createViews(zone, byNetwork, resolve));
};
