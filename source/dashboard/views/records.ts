import type {Engine} from '../../engine/engine.js';
import type {Snapshot} from '../../engine/snapshot.js';
import type {DnsRecord} from '../../engine/resources.js';
import {reuseEqual} from '../state/structural-sharing.js';

export type RecordRow = {
	readonly id: string;
	readonly networkId: string;
	readonly network: string;
	readonly record: DnsRecord;
	/** Its container is gone or has another address. */
	readonly isStale: boolean;
};

/** The rows of a network's records. */
export const recordRows = (network: {readonly id: string; readonly name: string}, records: readonly DnsRecord[], containers: Snapshot['containers']): readonly RecordRow[] =>
	records.map(record => {
		const container = record.containerId === undefined ? undefined : containers.find(({id}) => id === record.containerId);
		const isStale = record.containerId !== undefined
			&& (!container || (record.type === 'A' && !container.attachments.some(({networkId, address}) => networkId === network.id && address === record.value)));
		return {id: `${network.id} ${record.type} ${record.name} ${record.value}`, networkId: network.id, network: network.name, record, isStale};
	});

/** The records of all networks; undefined if the engine does not report them. Equal rows of `before` are reused. */
export const readRecords = async (
	{dnsRecords}: Engine,
	{networks, containers}: Snapshot,
	before: readonly RecordRow[] | undefined,
): Promise<readonly RecordRow[] | undefined> => {
	if (!dnsRecords) {
		return undefined;
	}

	const rows = await Promise.all(networks.map(async network => {
		try {
			return recordRows(network, await dnsRecords(network.id), containers);
		} catch {
			// The network was removed meanwhile.
			return [];
		}
	}));
	return reuseEqual<readonly RecordRow[]>(before ?? [], rows.flat());
};
