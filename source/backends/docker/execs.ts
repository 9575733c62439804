import {decodeExec} from '../../wire/decode/exec.js';
import {encodeCreateExec} from '../../wire/encode/exec.js';
import {fieldsOf} from '../../wire/fields.js';
import type {ExecsVerbs} from '../../engine/execs.js';
import type {TerminalSize} from '../../engine/sessions.js';
import {HolmError} from '../../engine/errors.js';
import type {Client} from './client.js';
import {containerPath, pathName, sizeQuery} from './paths.js';
import {createSession} from './session.js';

const execPath = (id: string, verb: string) => `/exec/${pathName(id, 'exec instance')}${verb}`;

const sizeField = (size: TerminalSize | undefined) => size ? {ConsoleSize: [size.rows, size.columns]} : {};

export const execsVerbs = (client: Client): ExecsVerbs => {
	const resizeExec: ExecsVerbs['resizeExec'] = async (id, size) => {
		await client.json('POST', execPath(id, '/resize'), {query: sizeQuery(size)});
	};

	const exec: ExecsVerbs['exec'] = async id => decodeExec(await client.json('GET', execPath(id, '/json')));

	return {
		async createExec(reference, configuration) {
			return fieldsOf(await client.json('POST', containerPath(reference, '/exec'), {json: encodeCreateExec(configuration)})).text('Id');
		},
		async startExec(id, size) {
			if (await client.isHolm()) {
				const hijacked = await client.hijack(execPath(id, '/start'), {json: {Detach: false, ...sizeField(size)}});
				return createSession(client, hijacked, {terminal: !hijacked.contentType.includes('multiplexed'), stdin: true});
			}

			const {configuration: {terminal, stdin}, running, exitCode} = await exec(id);
			if (running || exitCode !== undefined) {
				// Docker reports it only in the session's output.
				throw new HolmError('conflict', `exec ${id} has been started already`, {remedy: 'create another one'});
			}

			const hijacked = await client.hijack(execPath(id, '/start'), {
				json: {Detach: false, Tty: terminal, ...terminal && sizeField(size)},
			});
			const session = createSession(client, hijacked, {terminal, stdin});
			if (terminal && size) {
				// Before API 1.42 the start takes no size. The process may have ended already.
				await resizeExec(id, size).catch(() => undefined);
			}

			return session;
		},
		resizeExec,
		exec,
	};
};
