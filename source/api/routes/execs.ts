import {Buffer} from 'node:buffer';
import {PassThrough, Readable} from 'node:stream';
import type {Session} from '../../engine/sessions.js';
import {asHolmError, describeError, exitStatusOf} from '../../engine/errors.js';
import {readFields} from '../body.js';
import {decodeConsoleSize, decodeCreateExec} from '../../wire/decode/exec.js';
import {encodeExec} from '../../wire/encode/exec.js';
import {created, ok, route, type Exchange} from '../exchange.js';
import {isOfProgram} from '../failed-starts.js';
import {detachKeysOf, serveSession} from '../serve-session.js';

/** A session for a process that failed to start; its only output is the reason. */
const failedSession = (reason: string, isTerminal: boolean): Session => {
	const said = Readable.from([Buffer.from(`${reason}${isTerminal ? '\r' : ''}\n`)]);
	const silent = Readable.from([]);
	return {
		terminal: isTerminal,
		stdin: new PassThrough().resume(),
		stdout: isTerminal ? said : silent,
		stderr: isTerminal ? silent : said,
		close() {},
	};
};

const startExec = async (exchange: Exchange) => {
	const {engine, name, isHolm, execNotes} = exchange;
	const body = await readFields(exchange);
	const isDetached = body.flag('Detach');
	const {configuration: {stdin}} = await engine.exec(name);
	let session: Session;
	try {
		session = await engine.startExec(name, decodeConsoleSize(body));
	} catch (error) {
		const failure = asHolmError(error);
		if (isHolm || isDetached || !isOfProgram(failure)) {
			throw error;
		}

		// Docker fails only after the upgrade, so that clients expect the reason as output of the session.
		execNotes.keep(name, {exitCode: exitStatusOf(failure)});
		session = failedSession(describeError(failure), body.flag('Tty'));
	}

	if (isDetached) {
		session.close();
		return ok();
	}

	const detachKeys = detachKeysOf(execNotes.find(name).detachKeys);
	await serveSession(exchange, session, {
		// A client without input closes its half at once, and stays for the output.
		stdin,
		stdout: true,
		stderr: true,
		ownsInput: true,
		detachKeys,
		// Docker frames by this body, whatever the exec was created with. Holm's client does not say.
		isRaw: isHolm ? session.terminal : body.flag('Tty'),
	});
	return undefined;
};

export const execsRoutes = [
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
