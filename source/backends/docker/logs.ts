import {decodeContainer} from '../../wire/decode/container.js';
import {decodeStats} from '../../wire/decode/stats.js';
import type {Engine} from '../../engine/engine.js';
import type {BootLogOptions, LogOptions} from '../../engine/logs.js';
import {HolmError} from '../../engine/errors.js';
import type {ContainerStats, LogEntry} from '../../engine/resources.js';
import {endable, readLines} from './answer-streams.js';
import type {Client} from './client.js';
import {containerPath} from './containers.js';
import {connectionError} from './failures.js';
import {createEntryDecoder, createTerminalEntryDecoder} from './log-entries.js';

/** Seconds with a fraction, as the API has a moment. */
export const encodeMoment = (milliseconds: number | undefined): string | undefined =>
	milliseconds === undefined ? undefined : (milliseconds / 1000).toFixed(3);

/** The output of a container with a terminal has no frames. Engines from 1.42 on, and ours, say which it is. */
export const isTerminalOutput = async (client: Client, reference: string, contentType: string): Promise<boolean> => {
	if (contentType.startsWith('application/vnd.docker.multiplexed-stream')) {
		return false;
	}

	return await client.isHolm() || decodeContainer(await client.json('GET', containerPath(reference, '/json'))).configuration.terminal;
};

async function * readLog(client: Client, reference: string, {follow, tail, since, until, stdout = true, stderr = true, signal}: LogOptions): AsyncGenerator<LogEntry, void> {
	try {
		const response = await client.send('GET', containerPath(reference, '/logs'), {
			query: {follow, tail, since: encodeMoment(since), until: encodeMoment(until), stdout, stderr, timestamps: true},
			signal,
		});
		const isTerminal = await isTerminalOutput(client, reference, response.headers['content-type'] ?? '');
		const decode = isTerminal ? createTerminalEntryDecoder() : createEntryDecoder();
		for await (const chunk of response as AsyncIterable<Uint8Array>) {
			yield * decode(chunk);
		}
	} catch (error) {
		if (!signal?.aborted) {
			throw connectionError(error, client.address);
		}
	}
}

async function * readBootLog(client: Client, reference: string, {follow, tail, signal}: BootLogOptions): AsyncGenerator<LogEntry, void> {
	if (!await client.isHolm()) {
		throw new HolmError('unsupported', 'this engine has no machines whose consoles could be read', {remedy: 'only Holm does'});
	}

	try {
		const response = await client.send('GET', `/holm${containerPath(reference, '/boot-log')}`, {query: {follow, tail}, signal});
		const decode = createEntryDecoder();
		for await (const chunk of response as AsyncIterable<Uint8Array>) {
			yield * decode(chunk);
		}
	} catch (error) {
		if (!signal?.aborted) {
			throw connectionError(error, client.address);
		}
	}
}

async function * readStats(client: Client, reference: string, stream: boolean, signal: AbortSignal): AsyncGenerator<ContainerStats, void> {
	try {
		const response = await client.send('GET', containerPath(reference, '/stats'), {query: {stream: String(stream), 'one-shot': !stream}, signal});
		for await (const json of readLines(client, response, signal)) {
			const stats = decodeStats(json);
			if (stats.readAt === 0) {
				// Docker goes on with nothing when the container has ended.
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

/** What a container says and uses while it runs. */
export const watchVerbs = (client: Client): Pick<Engine, 'logs' | 'bootLog' | 'stats'> => ({
	logs: (reference, options = {}) => endable(signal => readLog(client, reference, {...options, signal}), options.signal),
	bootLog: (reference, options = {}) => endable(signal => readBootLog(client, reference, {...options, signal}), options.signal),
	stats: (reference, {stream = false, signal: given} = {}) => endable(signal => readStats(client, reference, stream, signal), given),
});
