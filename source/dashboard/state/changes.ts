import type {Snapshot} from '../../engine/snapshot.js';
import type {EngineEvent} from '../../engine/resources.js';

type Resources = Pick<Snapshot, 'containers' | 'networks'>;

/** Leases or records by a unique key. */
type Held = ReadonlyMap<string, Pick<EngineEvent, 'id' | 'attributes'>>;

const leasesIn = ({networks}: Resources): Held => new Map(networks.flatMap(({id, name, leases}) =>
	leases.map(({address, containerId, containerName}) => [
		`${id} ${address} ${containerId}`,
		{id, attributes: {name, address, holder: containerName}},
	] as const)));

// Networks without DNS records of containers.
const defaultNetworks = new Set(['bridge', 'default']);

/** The DNS records of running containers, by name and aliases. */
const recordsIn = ({containers}: Resources): Held => {
	const running = containers.filter(({status: {state}}) => state === 'running' || state === 'paused');
	return new Map(running.flatMap(({name, attachments}) => {
		const named = attachments.filter(({network}) => !defaultNetworks.has(network));
		return named.map(({network, networkId, address, aliases}) => {
			const names = [...new Set([name, ...aliases])].join(',');
			return [`${networkId} ${address} ${names}`, {id: networkId, attributes: {name: network, address, names}}] as const;
		});
	}));
};

type Actions = {readonly added: string; readonly removed: string};

const differences = (before: Held, after: Held, time: number, {added, removed}: Actions): readonly EngineEvent[] => {
	const missing = (from: Held, others: Held, action: string) => {
		const entries = [...from].filter(([key]) => !others.has(key));
		return entries.map(([, held]): EngineEvent => ({time, type: 'network', action, ...held}));
	};

	return [...missing(before, after, removed), ...missing(after, before, added)];
};

/**
Events that engines do not send: leases and DNS records that were added or removed between two snapshots. Their time is that of the later snapshot, so they may be late by the refresh interval.
*/
export const changesBetween = (
	before: Resources,
	after: Resources & Pick<Snapshot, 'readAt'>,
	{hasRecords}: {readonly hasRecords: boolean},
): readonly EngineEvent[] => {
	const time = after.readAt;
	return [
		...differences(leasesIn(before), leasesIn(after), time, {added: 'lease', removed: 'release'}),
		...(hasRecords ? differences(recordsIn(before), recordsIn(after), time, {added: 'record', removed: 'unrecord'}) : []),
	];
};
