import type {Container, ContainerStats} from '../../engine/resources.js';
import {encodeStats} from '../../wire/encode/stats.js';
import {encodeTop} from '../../wire/encode/verbs.js';
import {ok, route, type Exchange} from '../exchange.js';
import {line, sendValues, untilAborted} from '../streams.js';

/** Docker's response for a stopped container. */
const noStats: ContainerStats = {
	readAt: 0,
	cpuNanoseconds: 0,
	systemCpuNanoseconds: 0,
	cpus: 0,
	memoryBytes: 0,
	memoryLimitBytes: 0,
	pids: 0,
	networks: {},
	blockReadBytes: 0,
	blockWrittenBytes: 0,
};

/** Responds with one reading. The CPU share needs two readings, unless the client asks for `one-shot`. */
const readOnce = async ({engine, query, signal}: Exchange, container: Container) => {
	if (container.status.state !== 'running' && container.status.state !== 'paused') {
		return ok(encodeStats(container, noStats));
	}

	const leaving = new AbortController();
	const isSingle = query.flag('one-shot');
	const readings: ContainerStats[] = [];
	const source = engine.stats(container.id, {stream: !isSingle, signal: AbortSignal.any([signal, leaving.signal])});
	try {
		for await (const reading of untilAborted(source, signal)) {
			readings.push(reading);
			if (isSingle || readings.length === 2) {
				break;
			}
		}
	} finally {
		leaving.abort();
	}

	return ok(encodeStats(container, readings.at(-1) ?? noStats, readings.at(-2)));
};

const stats = async (exchange: Exchange) => {
	const {engine, name, query, signal} = exchange;
	const container = await engine.container(name);
	if (!query.flag('stream', true)) {
		return readOnce(exchange, container);
	}

	let previous: ContainerStats | undefined;
	return sendValues(exchange, engine.stats(container.id, {stream: true, signal}), {
		contentType: 'application/json',
		encode(reading) {
			const text = line(encodeStats(container, reading, previous));
			previous = reading;
			return text;
		},
	});
};

export const statsRoutes = [
	route('GET', '/containers/{name}/stats', stats),
	route('GET', '/containers/{name}/top', async ({engine, name, query}) => ok(encodeTop(await engine.top(name, query.text('ps_args'))))),
];
