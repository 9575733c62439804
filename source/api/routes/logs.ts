import {Buffer} from 'node:buffer';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {Container, ContainerStats, LogEntry} from '../../engine/resources.js';
import {encodeStats} from '../../wire/encode/stats.js';
import {encodeTop} from '../../wire/encode/verbs.js';
import {ok, route, type Exchange} from '../exchange.js';
import {encodeFrame} from '../../wire/frames.js';
import {streamType} from '../hijack.js';
import {line, sendValues, untilAborted} from '../streams.js';

const lineFeed = 10;

const stamp = ({timestamp, bytes}: LogEntry) => Buffer.concat([Buffer.from(`${timestamp} `), bytes]);

/** A terminal's output has no frames, so that a time can only stand where a line begins. */
const terminalEncoder = (hasTimestamps: boolean) => {
	let isStart = true;
	return (entry: LogEntry): Uint8Array => {
		const isStamped = hasTimestamps && isStart;
		isStart = entry.bytes.at(-1) === lineFeed;
		return isStamped ? stamp(entry) : entry.bytes;
	};
};

const tailOf = ({query}: Exchange): number | undefined => {
	const tail = query.text('tail') === 'all' ? undefined : query.wholeNumber('tail');
	return tail !== undefined && tail < 0 ? undefined : tail;
};

const encodeLogError = (error: unknown) => encodeFrame('error', Buffer.from(`Error grabbing logs: ${messageOf(error)}\n`));

const logs = async (exchange: Exchange) => {
	const {engine, name, query, signal} = exchange;
	const container = await engine.container(name);
	const {terminal} = container.configuration;
	const follow = query.flag('follow');
	const hasTimestamps = query.flag('timestamps');
	const stdout = query.flag('stdout');
	const stderr = query.flag('stderr');
	if (!stdout && !stderr) {
		throw new HolmError('invalid', 'Bad parameters: you must choose at least one stream', {remedy: 'ask for stdout=1, stderr=1 or both'});
	}

	const entries = engine.logs(container.id, {
		follow,
		tail: tailOf(exchange),
		since: query.moment('since'),
		until: query.moment('until'),
		stdout,
		stderr,
		signal,
	});
	return sendValues(exchange, entries, {
		contentType: streamType(exchange, terminal),
		isImmediate: follow,
		encode: terminal
			? terminalEncoder(hasTimestamps)
			: entry => encodeFrame(entry.stream, hasTimestamps ? stamp(entry) : entry.bytes),
		encodeError: terminal ? undefined : encodeLogError,
	});
};

const bootLog = async (exchange: Exchange) => {
	const {engine, name, query, signal} = exchange;
	if (!engine.bootLog) {
		throw new HolmError('unsupported', 'this engine does not know what the consoles of machines show');
	}

	return sendValues(exchange, engine.bootLog(name, {follow: query.flag('follow'), tail: tailOf(exchange), signal}), {
		contentType: streamType(exchange, false),
		encode: entry => encodeFrame(entry.stream, stamp(entry)),
		encodeError: encodeLogError,
	});
};

/** What Docker answers for a container that does not run. */
const noStats: ContainerStats = {
	readAt: 0, cpuNanoseconds: 0, systemCpuNanoseconds: 0, cpus: 0, memoryBytes: 0, memoryLimitBytes: 0, pids: 0, networks: {}, blockReadBytes: 0, blockWrittenBytes: 0,
};

/** The share of the CPU is a difference, so that one reading is two unless the client says that it needs none. */
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

/** What a container says and uses while it runs. */
export const watchRoutes = [
	route('GET', '/containers/{name}/logs', logs),
	route('GET', '/holm/containers/{name}/boot-log', bootLog),
	route('GET', '/containers/{name}/stats', stats),
	route('GET', '/containers/{name}/top', async ({engine, name, query}) => ok(encodeTop(await engine.top(name, query.text('ps_args'))))),
];
