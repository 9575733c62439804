import {decodeEvent} from '../../wire/decode/event.js';
import type {EventsVerbs} from '../../engine/events.js';
import type {EngineEvent} from '../../engine/resources.js';
import {endable, readLines} from './answer-streams.js';
import type {Client} from './client.js';
import {encodeFilters, encodeMoment} from './paths.js';

type EventOptions = NonNullable<Parameters<EventsVerbs['events']>[0]>;

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

export const eventsVerbs = (client: Client): EventsVerbs => ({
	events: (options = {}) => endable(signal => readEvents(client, {...options, signal}), options.signal),
});
