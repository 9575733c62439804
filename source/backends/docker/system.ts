import {encodeCredentials} from '../../wire/encode/credentials.js';
import {decodeDiskUsage, decodeEvent, decodeInfo, decodeVersion} from '../../wire/decode/system.js';
import type {Engine} from '../../engine/engine.js';
import type {EngineEvent} from '../../engine/resources.js';
import {endable, readLines} from './answer-streams.js';
import type {Client} from './client.js';
import {encodeFilters} from './containers.js';
import {encodeMoment} from './logs.js';

type EventOptions = NonNullable<Parameters<Engine['events']>[0]>;

async function * readEvents(client: Client, {since, until, filters, signal}: EventOptions): AsyncGenerator<EngineEvent, void> {
	try {
		const response = await client.send('GET', '/events', {
			query: {since: encodeMoment(since), until: encodeMoment(until), filters: encodeFilters(filters)},
			signal,
		});
		for await (const json of readLines(client, response, signal)) {
			const event = decodeEvent(json);
			if (event) {
				yield event;
			}
		}
	} catch (error) {
		if (!signal?.aborted) {
			throw error;
		}
	}
}

/** The engine as a whole. */
export const systemVerbs = (client: Client): Pick<Engine, 'version' | 'info' | 'diskUsage' | 'events' | 'checkCredentials'> => ({
	version: async () => decodeVersion(await client.json('GET', '/version')),
	info: async () => decodeInfo(await client.json('GET', '/info')),
	diskUsage: async () => decodeDiskUsage(await client.json('GET', '/system/df')),
	events: (options = {}) => endable(signal => readEvents(client, {...options, signal}), options.signal),
	async checkCredentials(credentials) {
		await client.json('POST', '/auth', {json: encodeCredentials(credentials)});
	},
});
