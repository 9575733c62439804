import {Buffer} from 'node:buffer';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {LogEntry} from '../../engine/resources.js';
import {route, type Exchange} from '../exchange.js';
import {encodeFrame} from '../../wire/frames.js';
import {streamType} from '../hijack.js';
import {sendValues} from '../streams.js';

const lineFeed = 10;

const stamp = ({timestamp, bytes}: LogEntry) => Buffer.concat([Buffer.from(`${timestamp} `), bytes]);

/** Inserts timestamps where lines begin: a long line comes in several entries. */
const stampLines = () => {
	const begun = {stdout: false, stderr: false};
	return (entry: LogEntry): Uint8Array => {
		const bytes = begun[entry.stream] ? entry.bytes : stamp(entry);
		begun[entry.stream] = entry.bytes.at(-1) !== lineFeed;
		return bytes;
	};
};

const plainBytes = ({bytes}: LogEntry): Uint8Array => bytes;

const tailOf = ({query}: Exchange): number | undefined => {
	const tail = query.text('tail') === 'all' ? undefined : query.wholeNumber('tail');
	return tail !== undefined && tail < 0 ? undefined : tail;
};

const encodeLogError = (error: unknown) => encodeFrame('error', Buffer.from(`Error grabbing logs: ${messageOf(error)}\n`));

const logs = async (exchange: Exchange) => {
	const {engine, name, query, signal, isHolm} = exchange;
	const container = await engine.container(name);
	const {terminal} = container.configuration;
	const isFollowing = query.flag('follow');
	const hasTimestamps = query.flag('timestamps');
	const hasStdout = query.flag('stdout');
	const hasStderr = query.flag('stderr');
	if (!hasStdout && !hasStderr) {
		throw new HolmError('invalid', 'Bad parameters: you must choose at least one stream', {remedy: 'ask for stdout=1, stderr=1 or both'});
	}

	// Holm's client reads one stamp in each frame.
	const bytesOf = hasTimestamps ? (isHolm && !terminal ? stamp : stampLines()) : plainBytes;
	const entries = engine.logs(container.id, {
		follow: isFollowing,
		tail: tailOf(exchange),
		since: query.moment('since'),
		until: query.moment('until'),
		stdout: hasStdout,
		stderr: hasStderr,
		signal,
	});
	return sendValues(exchange, entries, {
		contentType: streamType(exchange, terminal),
		isImmediate: isFollowing,
		encode: terminal ? bytesOf : entry => encodeFrame(entry.stream, bytesOf(entry)),
		encodeError: terminal ? undefined : encodeLogError,
	});
};

const bootLog = async (exchange: Exchange) => {
	const {engine, name, query, signal} = exchange;
	if (!engine.bootLog) {
		throw new HolmError('unsupported', 'this engine has no VM consoles');
	}

	return sendValues(exchange, engine.bootLog(name, {follow: query.flag('follow'), tail: tailOf(exchange), signal}), {
		contentType: streamType(exchange, false),
		encode: entry => encodeFrame(entry.stream, stamp(entry)),
		encodeError: encodeLogError,
	});
};

export const logsRoutes = [
	route('GET', '/containers/{name}/logs', logs),
	route('GET', '/holm/containers/{name}/boot-log', bootLog),
];
