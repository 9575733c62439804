import {HolmError} from '../../engine/errors.js';
import {readFields} from '../body.js';
import {decodeConnect, decodeCreateNetwork} from '../../wire/decode/network.js';
import {encodeDnsRecord, encodeNetwork} from '../../wire/encode/network.js';
import {created, noContent, ok, route, type Exchange} from '../exchange.js';

const dnsRecords = async ({engine, name}: Exchange) => {
	if (!engine.dnsRecords) {
		throw new HolmError('unsupported', 'this engine does not list its DNS records');
	}

	const records = await engine.dnsRecords(name);
	return ok(records.map(record => encodeDnsRecord(record)));
};

export const networksRoutes = [
	route('GET', '/networks', async ({engine, query}) => {
		const networks = await engine.networks(query.filters());
		return ok(networks.map(network => encodeNetwork(network)));
	}),
	route('POST', '/networks/create', async exchange => {
		const {configuration, warnings} = decodeCreateNetwork(await readFields(exchange));
		const {id} = await exchange.engine.createNetwork(configuration);
		return created({Id: id, Warning: warnings.join('; ')});
	}),
	route('POST', '/networks/prune', async ({engine, query}) => {
		const {removed} = await engine.pruneNetworks(query.filters());
		return ok({NetworksDeleted: [...removed]});
	}),
	route('GET', '/networks/{name}', async ({engine, name}) => ok(encodeNetwork(await engine.network(name)))),
	route('DELETE', '/networks/{name}', async ({engine, name}) => {
		await engine.removeNetwork(name);
		return noContent;
	}),
	route('POST', '/networks/{name}/connect', async exchange => {
		const {container, attachment} = decodeConnect(exchange.name, await readFields(exchange));
		await exchange.engine.connectNetwork(container, attachment);
		return ok();
	}),
	route('POST', '/networks/{name}/disconnect', async exchange => {
		const body = await readFields(exchange);
		await exchange.engine.disconnectNetwork(exchange.name, body.text('Container'), {force: body.flag('Force')});
		return ok();
	}),
	route('GET', '/holm/networks/{name}/dns', dnsRecords),
];
