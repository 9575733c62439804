import net from 'node:net';
import {HolmError, type ErrorCode} from '../../engine/errors.js';
import type {DnsRecord} from '../../engine/resources.js';
import type {Drops} from './drops.js';
import type {Handler} from './handlers.js';
import {createResolver} from './resolver.js';
import type {ResponderOf} from './responder.js';
import {listenOnTcp} from './tcp.js';
import {listenOnUdp, type Listener} from './udp.js';
import {parseUpstream} from './upstream.js';
import {createResponders, type Zone} from './views.js';

/** The complete configuration of a name server. */
export type NameServerTable = {
	readonly zones: readonly Zone[];
	/** `address` or `address:port`, reachable from the name server's namespace, in the order in which they are asked. */
	readonly upstreams: readonly string[];
};

export type NameServer = {
	/** Replaces the table. If a zone cannot listen, it rejects after all others listen; the next call tries again. */
	readonly replace: (table: NameServerTable) => Promise<void>;
	readonly close: () => Promise<void>;
};

const reasons: Record<string, {readonly code: ErrorCode; readonly reason: string; readonly remedy: string}> = {
	EADDRINUSE: {code: 'conflict', reason: 'another program listens there', remedy: 'end that program or create the network with another subnet'},
	EADDRNOTAVAIL: {code: 'unavailable', reason: 'no interface has this address', remedy: 'holm system start repairs the network\'s bridge'},
	EACCES: {code: 'forbidden', reason: 'the name server may not listen on this port', remedy: 'net.ipv4.ip_unprivileged_port_start must be 0 in the network namespace of the engine'},
};

const bindError = ({network, address, port = 53}: Zone, cause: unknown) => {
	const known = reasons[(cause as NodeJS.ErrnoException).code ?? ''];
	const {code, reason, remedy} = known ?? {code: 'internal', reason: String(cause), remedy: undefined};
	return new HolmError(code, `The name server of the network ${network} cannot listen on ${address} port ${port}: ${reason}`, {remedy, cause});
};

const validate = ({zones, upstreams}: NameServerTable) => {
	for (const text of [upstreams, ...zones.flatMap(({clientUpstreams = {}}) => Object.values(clientUpstreams))].flat()) {
		parseUpstream(text);
	}

	for (const {network, address, views = {}, clientRecords = {}, clientUpstreams = {}} of zones) {
		if (!net.isIP(address)) {
			throw new HolmError('invalid', `The name server of the network ${network} cannot listen on ${JSON.stringify(address)}`, {remedy: 'give an address'});
		}

		const stranger = [views, clientRecords, clientUpstreams].flatMap(clients => Object.keys(clients)).find(client => !net.isIP(client));
		if (stranger !== undefined) {
			throw new HolmError('invalid', `The name server of the network ${network} cannot have a client ${JSON.stringify(stranger)}`, {remedy: 'give an address'});
		}
	}
};

const listen = async (zone: Zone, responderOf: ResponderOf, onDrop: Drops): Promise<Listener> => {
	const {address, port = 53} = zone;
	const udp = await listenOnUdp(address, port, responderOf, onDrop);
	try {
		const tcp = await listenOnTcp(address, port, responderOf, onDrop);
		return {
			async close() {
				await Promise.all([udp.close(), tcp.close()]);
			},
		};
	} catch (error) {
		await udp.close();
		throw error;
	}
};

const keyOf = ({address, port = 53}: Zone) => JSON.stringify([address, port]);

/** The name servers of all networks of one engine. Zones that stay keep their sockets and the queries in progress. */
export const createNameServer = (onDrop: Drops = () => undefined): NameServer => {
	type Served = {readonly listener: Listener; responderOf: ResponderOf};
	const served = new Map<string, Served>();
	/** Resolvers with their caches, by their upstreams, for which alone a cache is valid. */
	let resolvers = new Map<string, Handler>();

	const stop = async (isGone: (key: string) => boolean) => {
		const gone = served.entries().filter(([key]) => isGone(key)).toArray();
		for (const [key] of gone) {
			served.delete(key);
		}

		await Promise.all(gone.map(async ([, {listener}]) => listener.close()));
	};

	const start = async (zone: Zone, responderOf: ResponderOf) => {
		const present = served.get(keyOf(zone));
		if (present) {
			present.responderOf = responderOf;
			return;
		}

		const state = {responderOf};
		try {
			const listener = await listen(zone, client => state.responderOf(client), onDrop);
			served.set(keyOf(zone), Object.assign(state, {listener}));
		} catch (error) {
			throw bindError(zone, error);
		}
	};

	const replace = async (table: NameServerTable) => {
		validate(table);
		const kept = new Map<string, Handler>();
		const resolverOf = (upstreams = table.upstreams): Handler => {
			const key = JSON.stringify(upstreams);
			const parse = () => upstreams.map(text => parseUpstream(text));
			const resolve = kept.get(key) ?? resolvers.get(key) ?? createResolver({upstreams: parse(), onDrop});
			kept.set(key, resolve);
			return resolve;
		};

		const responders = createResponders(table.zones, resolverOf);
		resolvers = kept;
		const wanted = new Set(table.zones.map(zone => keyOf(zone)));
		await stop(key => !wanted.has(key));
		const results = await Promise.allSettled(table.zones.map(async (zone, index) => start(zone, responders[index]!)));
		const failures = results.filter(({status}) => status === 'rejected').map(result => (result as PromiseRejectedResult).reason as HolmError);
		const [first] = failures;
		if (first) {
			throw new HolmError(first.code, failures.map(({message}) => message).join('; '), {remedy: first.remedy, cause: first});
		}
	};

	let queue = Promise.resolve();
	/** Serialises changes, because two could bind the same address. */
	const inTurn = async (change: () => Promise<void>) => {
		const changed = queue.then(change);
		queue = changed.catch(() => undefined);
		return changed;
	};

	return {
		replace: async table => inTurn(async () => replace(table)),
		close: async () => inTurn(async () => stop(() => true)),
	};
};
