import {decodeContainer} from '../../wire/decode/container.js';
import {decodeExec} from '../../wire/decode/exec.js';
import {encodeCreateExec} from '../../wire/encode/exec.js';
import {fieldsOf} from '../../wire/fields.js';
import type {Engine} from '../../engine/engine.js';
import type {TerminalSize} from '../../engine/sessions.js';
import {HolmError} from '../../engine/errors.js';
import type {Client} from './client.js';
import {pathName} from './paths.js';
import {containerPath} from './containers.js';
import {createSession} from './session.js';

type Verbs = 'attachContainer' | 'resizeContainer' | 'createExec' | 'startExec' | 'resizeExec' | 'exec';

const execPath = (id: string, verb: string) => `/exec/${pathName(id, 'exec instance')}${verb}`;

const sizeQuery = ({rows, columns}: TerminalSize) => ({h: rows, w: columns});

const sizeField = (size: TerminalSize | undefined) => size ? {ConsoleSize: [size.rows, size.columns]} : {};

/** Live standard streams. */
export const sessionVerbs = (client: Client): Pick<Engine, Verbs> => {
	const resizeExec: Engine['resizeExec'] = async (id, size) => {
		await client.json('POST', execPath(id, '/resize'), {query: sizeQuery(size)});
	};

	const exec: Engine['exec'] = async id => decodeExec(await client.json('GET', execPath(id, '/json')));

	return {
		async attachContainer(reference, {stdin = false, logs = false} = {}) {
			// Asked for first: the container may be gone when it has ended.
			const terminal = await client.isHolm()
				? undefined
				: decodeContainer(await client.json('GET', containerPath(reference, '/json'))).configuration.terminal;
			const hijacked = await client.hijack(containerPath(reference, '/attach'), {
				query: {stream: true, stdout: true, stderr: true, stdin, logs},
			});
			return createSession(client, hijacked, {terminal: terminal ?? !hijacked.contentType.includes('multiplexed'), stdin});
		},
		async resizeContainer(reference, size) {
			await client.json('POST', containerPath(reference, '/resize'), {query: sizeQuery(size)});
		},
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
				// Docker itself says so only in the output of the session.
				throw new HolmError('conflict', `exec ${id} has been started already`, {remedy: 'create another one'});
			}

			const hijacked = await client.hijack(execPath(id, '/start'), {
				json: {Detach: false, Tty: terminal, ...terminal ? sizeField(size) : {}},
			});
			const session = createSession(client, hijacked, {terminal, stdin});
			if (terminal && size) {
				// Docker before 1.42 starts with a size of its own; a process that has ended already needs none.
				await resizeExec(id, size).catch(() => undefined);
			}

			return session;
		},
		resizeExec,
		exec,
	};
};
