import {HolmError} from '../../errors.js';
import {readFields} from '../body.js';
import {decodeConsoleSize, decodeCreateExec} from '../decode/exec.js';
import {encodeExec} from '../encode/exec.js';
import {created, ok, route, type Exchange} from '../exchange.js';
import {encodeFrame} from '../frames.js';
import {joinSession, streamType} from '../hijack.js';
import {sendValues} from '../streams.js';

/** Everything written up to now, as a session that ends there. */
const replay = async (exchange: Exchange) => {
	const {engine, name, query, signal} = exchange;
	const container = await engine.container(name);
	const {terminal} = container.configuration;
	return sendValues(exchange, engine.logs(container.id, {stdout: query.flag('stdout'), stderr: query.flag('stderr'), signal}), {
		contentType: streamType(exchange, terminal),
		encode: ({stream, bytes}) => terminal ? bytes : encodeFrame(stream, bytes),
	});
};

const attach = async (exchange: Exchange) => {
	const {engine, name, query} = exchange;
	const logs = query.flag('logs');
	if (!query.flag('stream')) {
		if (!logs) {
			throw new HolmError('invalid', 'either stream or logs must be asked for');
		}

		return replay(exchange);
	}

	const stdin = query.flag('stdin');
	const session = await engine.attachContainer(name, {stdin, logs});
	return joinSession(exchange, session, {
		stdin,
		stdout: query.flag('stdout'),
		stderr: query.flag('stderr'),
		detachKeys: query.text('detachKeys'),
	});
};

const startExec = async (exchange: Exchange) => {
	const {engine, name} = exchange;
	const body = await readFields(exchange);
	const session = await engine.startExec(name, decodeConsoleSize(body));
	if (body.flag('Detach')) {
		session.close();
		return ok();
	}

	return joinSession(exchange, session, {stdin: true, stdout: true, stderr: true});
};

/** Live standard streams: of a container, and of further processes in it. */
export const sessionRoutes = [
	route('POST', '/containers/{name}/attach', attach),
	route('GET', '/containers/{name}/attach/ws', async () => {
		throw new HolmError('unsupported', 'attaching through a WebSocket is not supported', {remedy: 'POST /containers/{id}/attach'});
	}),
	route('POST', '/containers/{name}/exec', async exchange => {
		const id = await exchange.engine.createExec(exchange.name, decodeCreateExec(await readFields(exchange)));
		return created({Id: id});
	}),
	route('POST', '/exec/{name}/start', startExec),
	route('POST', '/exec/{name}/resize', async ({engine, name, query}) => {
		await engine.resizeExec(name, query.size());
		return ok();
	}),
	route('GET', '/exec/{name}/json', async ({engine, name}) => ok(encodeExec(await engine.exec(name)))),
];
