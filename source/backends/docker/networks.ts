import {decodeDnsRecord, decodeNetwork} from '../../wire/decode/network.js';
import {decodePruned} from '../../wire/decode/verbs.js';
import {encodeConnect, encodeCreateNetwork} from '../../wire/encode/network.js';
import {fieldsOf, fieldsOfList} from '../../wire/fields.js';
import type {NetworksVerbs} from '../../engine/networks.js';
import type {Filters, Network} from '../../engine/resources.js';
import {asHolmError, HolmError} from '../../engine/errors.js';
import {mapConcurrently} from './concurrency.js';
import type {Client} from './client.js';
import {pathName, encodeFilters} from './paths.js';

const networkPath = (reference: string, verb = '') => `/networks/${pathName(reference, 'network')}${verb}`;

/** Docker lists networks in random order. */
export const byName = (a: {readonly name: string}, b: {readonly name: string}): number => a.name < b.name ? -1 : 1;

/** The list of networks; Docker's has no leases. */
export const listNetworks = async (client: Client, filters?: Filters): Promise<readonly Network[]> => {
	const networks = fieldsOfList(await client.json('GET', '/networks', {query: {filters: encodeFilters(filters)}})).map(item => decodeNetwork(item.raw));
	return await client.isHolm() ? networks : networks.toSorted(byName);
};

export const networksVerbs = (client: Client): NetworksVerbs => {
	const network: NetworksVerbs['network'] = async reference => decodeNetwork(await client.json('GET', networkPath(reference)));

	return {
		async networks(filters) {
			const networks = await listNetworks(client, filters);
			if (await client.isHolm()) {
				return networks;
			}

			const whole = await mapConcurrently(networks, async ({id}) => {
				try {
					return await network(id);
				} catch (error) {
					if (asHolmError(error).code === 'not-found') {
						return undefined;
					}

					throw error;
				}
			});
			return whole.filter(found => found !== undefined);
		},
		network,
		createNetwork: async configuration => ({
			id: fieldsOf(await client.json('POST', '/networks/create', {json: encodeCreateNetwork(configuration)})).text('Id'),
		}),
		async removeNetwork(reference) {
			await client.json('DELETE', networkPath(reference));
		},
		async connectNetwork(container, attachment) {
			await client.json('POST', networkPath(attachment.network, '/connect'), {json: encodeConnect(container, attachment)});
		},
		async disconnectNetwork(reference, container, {force = false} = {}) {
			await client.json('POST', networkPath(reference, '/disconnect'), {json: {Container: container, Force: force}});
		},
		pruneNetworks: async filters => decodePruned('NetworksDeleted', await client.json('POST', '/networks/prune', {query: {filters: encodeFilters(filters)}})),
		async dnsRecords(reference) {
			if (!await client.isHolm()) {
				throw new HolmError('unsupported', 'this engine does not list its DNS records', {remedy: 'only Holm does'});
			}

			return fieldsOfList(await client.json('GET', `/holm${networkPath(reference, '/dns')}`)).map(record => decodeDnsRecord(record));
		},
	};
};
