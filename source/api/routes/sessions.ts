import {HolmError} from '../../engine/errors.js';
import {ok, route, type Exchange} from '../exchange.js';
import {sendEntries} from '../hijack.js';
import {detachKeysOf, serveSession, type ServeSessionOptions} from '../serve-session.js';
import {assertWebSocket} from '../web-socket.js';

/** Replays the output so far as a session, and ends it. */
const replay = async (exchange: Exchange) => {
	const {engine, name, query} = exchange;
	const {id, configuration: {terminal}} = await engine.container(name);
	const hasStdout = query.flag('stdout');
	const hasStderr = query.flag('stderr');
	await sendEntries(exchange, terminal, signal => engine.logs(id, {stdout: hasStdout, stderr: hasStderr, signal}));
	return undefined;
};

type Options = {readonly hasLogs: boolean} & Omit<ServeSessionOptions, 'signal'>;

/** Attaches one of Docker's clients. A start that fails ends its session. */
const attachOthers = async (exchange: Exchange, {hasLogs, ...options}: Options) => {
	const {engine, name, failedStarts} = exchange;
	const {id} = await engine.container(name);
	const {signal, forget} = failedStarts.watch(id);
	try {
		await serveSession(exchange, await engine.attachContainer(id, {stdin: options.stdin, logs: hasLogs}), {...options, signal});
	} finally {
		forget();
	}

	return undefined;
};

const attach = async (exchange: Exchange) => {
	if (exchange.request.headers['transfer-encoding'] !== undefined) {
		throw new HolmError('invalid', 'standard input cannot come as the body of the request', {remedy: 'upgrade the connection: Upgrade: tcp'});
	}

	// Some clients repeat their options in a body; bytes after it are input for the process.
	await exchange.body();
	const {engine, name, query, isHolm} = exchange;
	const hasLogs = query.flag('logs');
	if (!query.flag('stream')) {
		if (!hasLogs) {
			throw new HolmError('invalid', 'either stream or logs must be asked for');
		}

		return replay(exchange);
	}

	const hasStdin = query.flag('stdin');
	const options = {
		stdin: hasStdin,
		stdout: query.flag('stdout'),
		stderr: query.flag('stderr'),
		detachKeys: detachKeysOf(query.text('detachKeys')),
	};
	if (isHolm) {
		await serveSession(exchange, await engine.attachContainer(name, {stdin: hasStdin, logs: hasLogs}), options);
		return undefined;
	}

	return attachOthers(exchange, {...options, hasLogs});
};

/** Attaches through a WebSocket. Versions before 1.42 attach all three streams, whatever is asked for. */
const attachWebSocket = async (exchange: Exchange) => {
	assertWebSocket(exchange);
	const {query, minorVersion} = exchange;
	if (!query.flag('stream')) {
		throw new HolmError('invalid', 'a WebSocket carries no output so far without what follows', {remedy: 'add stream=1, or GET /containers/{id}/logs'});
	}

	const isWanted = (stream: string) => minorVersion < 42 || query.flag(stream);
	return attachOthers(exchange, {
		hasLogs: query.flag('logs'),
		stdin: isWanted('stdin'),
		stdout: isWanted('stdout'),
		stderr: isWanted('stderr'),
		detachKeys: detachKeysOf(query.text('detachKeys')),
		isRaw: true,
		isWebSocket: true,
	});
};

export const sessionsRoutes = [
	route('POST', '/containers/{name}/attach', attach),
	route('GET', '/containers/{name}/attach/ws', attachWebSocket),
	route('POST', '/containers/{name}/resize', async ({engine, name, query}) => {
		await engine.resizeContainer(name, query.size());
		return ok();
	}),
];
