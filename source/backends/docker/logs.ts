import type {BootLogOptions, LogOptions, LogsVerbs} from '../../engine/logs.js';
import {HolmError} from '../../engine/errors.js';
import type {LogEntry} from '../../engine/resources.js';
import {endable} from './answer-streams.js';
import type {Client} from './client.js';
import {containerPath, encodeMoment} from './paths.js';
import {connectionError} from './failures.js';
import {createEntryDecoder, createTerminalEntryDecoder} from './log-entries.js';

/** Whether a log has no frames, as with a terminal. Holm, and others from API 1.42 on, say so in the content type. */
const isTerminalOutput = async (client: Client, reference: string, contentType: string): Promise<boolean> => {
	if (contentType.startsWith('application/vnd.docker.multiplexed-stream')) {
		return false;
	}

	if (await client.isHolm()) {
		return true;
	}

	const {decodeContainer} = await import('../../wire/decode/container.js');
	return decodeContainer(await client.json('GET', containerPath(reference, '/json'))).configuration.terminal;
};

async function * readLog(
	client: Client,
	reference: string,
	{follow, tail, since, until, stdout = true, stderr = true, signal}: LogOptions,
): AsyncGenerator<LogEntry, void> {
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
		throw new HolmError('unsupported', 'this engine has no VM consoles', {remedy: 'only Holm does'});
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

export const logsVerbs = (client: Client): LogsVerbs => ({
	logs: (reference, options = {}) => endable(signal => readLog(client, reference, {...options, signal}), options.signal),
	bootLog: (reference, options = {}) => endable(signal => readBootLog(client, reference, {...options, signal}), options.signal),
});
