import {decodeStats} from '../../wire/decode/stats.js';
import {decodeTop} from '../../wire/decode/verbs.js';
import type {ContainerStats} from '../../engine/resources.js';
import type {StatsVerbs} from '../../engine/stats.js';
import {endable, readLines} from './answer-streams.js';
import type {Client} from './client.js';
import {containerPath} from './paths.js';

async function * readStats(
	client: Client,
	reference: string,
	isStreaming: boolean,
	signal: AbortSignal,
): AsyncGenerator<ContainerStats, void> {
	try {
		const query = {stream: String(isStreaming), 'one-shot': !isStreaming};
		const response = await client.send('GET', containerPath(reference, '/stats'), {query, signal});
		for await (const json of readLines(client, response, signal)) {
			const stats = decodeStats(json);
			if (stats.readAt === 0) {
				// After the container's end Docker sends empty readings.
				return;
			}

			yield stats;
		}
	} catch (error) {
		if (!signal.aborted) {
			throw error;
		}
	}
}

export const statsVerbs = (client: Client): StatsVerbs => ({
	stats: (reference, {stream = false, signal: given} = {}) => endable(signal => readStats(client, reference, stream, signal), given),
	top: async (reference, psArguments) => decodeTop(await client.json('GET', containerPath(reference, '/top'), {query: {ps_args: psArguments}})),
});
