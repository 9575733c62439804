import {decodeContainer} from '../../wire/decode/container.js';
import type {SessionsVerbs} from '../../engine/sessions.js';
import type {Client} from './client.js';
import {containerPath, sizeQuery} from './paths.js';
import {createSession} from './session.js';

export const sessionsVerbs = (client: Client): SessionsVerbs => ({
	async attachContainer(reference, {stdin = false, logs = false} = {}) {
		// Read first: the container may be removed at its end.
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
});
