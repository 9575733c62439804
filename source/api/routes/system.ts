import {asHolmError, HolmError} from '../../engine/errors.js';
import {encodeError} from '../../wire/encode/progress.js';
import {readFields} from '../body.js';
import {decodeCredentials} from '../../wire/decode/credentials.js';
import {encodeDnsRecord} from '../../wire/encode/network.js';
import {encodeDiskUsage, encodeEvent, encodeInfo, encodeSnapshot, encodeVersion} from '../../wire/encode/system.js';
import {ok, route, type Exchange} from '../exchange.js';
import {line, sendValues} from '../streams.js';
import {apiVersion, minimumApiVersion} from '../../wire/versions.js';

const ping = async ({response, request}: Exchange): Promise<undefined> => {
	// The classic builder: what clients that know BuildKit too ask this for.
	response.setHeader('Builder-Version', '1');
	response.setHeader('Swarm', 'inactive');
	response.setHeader('Cache-Control', 'no-cache, no-store, must-revalidate');
	response.setHeader('Pragma', 'no-cache');
	response.setHeader('Content-Type', 'text/plain; charset=utf-8');
	response.setHeader('Content-Length', request.method === 'HEAD' ? 0 : 2);
	response.end(request.method === 'HEAD' ? undefined : 'OK');
	return undefined;
};

const events = async (exchange: Exchange) => {
	const {engine, query, signal} = exchange;
	const source = engine.events({since: query.moment('since'), until: query.moment('until'), filters: query.filters(), signal});
	return sendValues(exchange, source, {
		contentType: 'application/json',
		isImmediate: true,
		encode: event => line(encodeEvent(event)),
	});
};

const checkCredentials = async (exchange: Exchange) => {
	const credentials = decodeCredentials(await readFields(exchange));
	if (!credentials) {
		throw new HolmError('invalid', 'username is missing: there is nothing to log in with');
	}

	try {
		await exchange.engine.checkCredentials(credentials);
	} catch (error) {
		if (asHolmError(error).code !== 'forbidden') {
			throw error;
		}

		// Docker's clients ask for the password again on this status alone.
		return {status: 401, json: encodeError(error)};
	}

	return ok({Status: 'Login Succeeded', IdentityToken: ''});
};

const dnsRecords = async ({engine, name}: Exchange) => {
	if (!engine.dnsRecords) {
		throw new HolmError('unsupported', 'this engine does not know the records of its name servers');
	}

	const records = await engine.dnsRecords(name);
	return ok(records.map(record => encodeDnsRecord(record)));
};

/** The engine as a whole, and what Docker's API has no word for. */
export const systemRoutes = [
	route('GET', '/_ping', ping),
	route('HEAD', '/_ping', ping),
	route('GET', '/version', async ({engine}) => ok(encodeVersion({...await engine.version(), apiVersion, minimumApiVersion}))),
	route('GET', '/info', async ({engine}) => ok(encodeInfo(...await Promise.all([engine.info(), engine.version()])))),
	route('GET', '/system/df', async ({engine}) => ok(encodeDiskUsage(await engine.diskUsage()))),
	route('GET', '/events', events),
	route('POST', '/auth', checkCredentials),
	route('GET', '/holm/snapshot', async ({engine, query}) => ok(encodeSnapshot(await engine.snapshot({stats: query.flag('stats')})))),
	route('GET', '/holm/networks/{name}/dns', dnsRecords),
];
