import {Buffer} from 'node:buffer';
import {PassThrough, Readable} from 'node:stream';
import {parseDetachKeys} from '../../terminal/detach-keys.js';
import type {Session} from '../../engine/sessions.js';
import {asHolmError, describeError, exitStatusOf, HolmError} from '../../engine/errors.js';
import {readFields} from '../body.js';
import {decodeConsoleSize, decodeCreateExec} from '../../wire/decode/exec.js';
import {encodeExec} from '../../wire/encode/exec.js';
import {created, ok, route, type Exchange} from '../exchange.js';
import {isOfProgram} from '../failed-starts.js';
import {sendEntries} from '../hijack.js';
import {joinSession} from '../join-session.js';

/** Everything written up to now, as a session that ends there. */
const replay = async (exchange: Exchange) => {
	const {engine, name, query} = exchange;
	const {id, configuration: {terminal}} = await engine.container(name);
	const stdout = query.flag('stdout');
	const stderr = query.flag('stderr');
	await sendEntries(exchange, terminal, signal => engine.logs(id, {stdout, stderr, signal}));
	return undefined;
};

const detachKeysOf = (keys: string | undefined) => keys === undefined ? undefined : parseDetachKeys(keys);

const attach = async (exchange: Exchange) => {
	if (exchange.request.headers['transfer-encoding'] !== undefined) {
		throw new HolmError('invalid', 'standard input cannot come as the body of the request', {remedy: 'upgrade the connection: Upgrade: tcp'});
	}

	// Some clients send their options as a body beside the query, and what follows it is for the process.
	await exchange.body();
	const {engine, name, query, isHolm, failedStarts} = exchange;
	const logs = query.flag('logs');
	if (!query.flag('stream')) {
		if (!logs) {
			throw new HolmError('invalid', 'either stream or logs must be asked for');
		}

		return replay(exchange);
	}

	const stdin = query.flag('stdin');
	const options = {stdin, stdout: query.flag('stdout'), stderr: query.flag('stderr'), detachKeys: detachKeysOf(query.text('detachKeys'))};
	if (isHolm) {
		await joinSession(exchange, await engine.attachContainer(name, {stdin, logs}), options);
		return undefined;
	}

	const {id} = await engine.container(name);
	const {signal, forget} = failedStarts.watch(id);
	try {
		await joinSession(exchange, await engine.attachContainer(id, {stdin, logs}), {...options, signal});
	} finally {
		forget();
	}

	return undefined;
};

/** A session of a process that never was: its only output is why. */
const failedSession = (reason: string, terminal: boolean): Session => {
	const said = Readable.from([Buffer.from(`${reason}${terminal ? '\r' : ''}\n`)]);
	const silent = Readable.from([]);
	return {
		terminal,
		stdin: new PassThrough().resume(),
		stdout: terminal ? said : silent,
		stderr: terminal ? silent : said,
		close() {},
	};
};

const startExec = async (exchange: Exchange) => {
	const {engine, name, isHolm, execNotes} = exchange;
	const body = await readFields(exchange);
	const detach = body.flag('Detach');
	let session: Session;
	try {
		session = await engine.startExec(name, decodeConsoleSize(body));
	} catch (error) {
		const failure = asHolmError(error);
		if (isHolm || detach || !isOfProgram(failure)) {
			throw error;
		}

		// Docker finds out only when the connection is a session's already, whose output then says it.
		execNotes.keep(name, {exitCode: exitStatusOf(failure)});
		session = failedSession(describeError(failure), body.flag('Tty'));
	}

	if (detach) {
		session.close();
		return ok();
	}

	await joinSession(exchange, session, {stdin: true, stdout: true, stderr: true, ownsInput: true, detachKeys: detachKeysOf(execNotes.find(name).detachKeys)});
	return undefined;
};

/** Live standard streams: of a container, and of further processes in it. */
export const sessionRoutes = [
	route('POST', '/containers/{name}/attach', attach),
	route('GET', '/containers/{name}/attach/ws', async () => {
		throw new HolmError('unsupported', 'attaching through a WebSocket is not supported', {remedy: 'POST /containers/{id}/attach'});
	}),
	route('POST', '/containers/{name}/exec', async exchange => {
		const body = await readFields(exchange);
		const detachKeys = body.optionalText('DetachKeys');
		detachKeysOf(detachKeys);
		const id = await exchange.engine.createExec(exchange.name, decodeCreateExec(body));
		if (detachKeys !== undefined) {
			exchange.execNotes.keep(id, {detachKeys});
		}

		return created({Id: id});
	}),
	route('POST', '/exec/{name}/start', startExec),
	route('POST', '/exec/{name}/resize', async ({engine, name, query}) => {
		await engine.resizeExec(name, query.size());
		return ok();
	}),
	route('GET', '/exec/{name}/json', async ({engine, name, execNotes}) => {
		const status = await engine.exec(name);
		return ok(encodeExec(status.running ? status : {...status, exitCode: status.exitCode ?? execNotes.find(status.id).exitCode}));
	}),
];
