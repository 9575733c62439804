import type {Network} from '../../engine/resources.js';
import {defineCommand} from '../command.js';
import {filterFlag, parseFilters} from '../filters.js';
import {labelFields, shortId, tableTime} from '../print/fields.js';
import {listFlags, printRows, type Row} from '../print/rows.js';

const rowOf = (network: Network, isFull: boolean): Row => ({
	ID: shortId(network.id, isFull),
	Name: network.name,
	Driver: network.driver,
	Scope: 'local',
	Subnet: network.subnet,
	Gateway: network.gateway,
	Containers: network.leases.map(lease => lease.containerName).join(', '),
	Internal: String(network.internal),
	IPv4: 'true',
	IPv6: 'false',
	CreatedAt: tableTime(network.createdAt),
	...labelFields(network.labels),
});

export const command = defineCommand({
	usage: '',
	flags: {filter: filterFlag, ...listFlags},
	async run(context, {filter, format, quiet, noTrunc}) {
		const engine = await context.engine();
		const networks = await engine.networks(parseFilters(filter));
		await printRows(context, networks.map(network => rowOf(network, noTrunc)), {
			columns: {
				ID: 'NETWORK ID', Name: 'NAME', Driver: 'DRIVER', Subnet: 'SUBNET', Gateway: 'GATEWAY', Containers: 'CONTAINERS',
			},
			moreHeadings: {CreatedAt: 'CREATED AT'},
			format,
			// Scripts that remove all networks but the default one look for its name.
			...(quiet && {quiet: 'Name'}),
		});
	},
});
