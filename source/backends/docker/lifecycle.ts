import {decodeEnding} from '../../wire/decode/verbs.js';
import {encodeUpdate} from '../../wire/encode/create.js';
import {HolmError} from '../../engine/errors.js';
import {fieldsOf} from '../../wire/fields.js';
import type {LifecycleVerbs} from '../../engine/lifecycle.js';
import type {QueryValues} from '../../wire/encode/query.js';
import type {Client} from './client.js';
import {containerPath} from './paths.js';
import {assertMinorVersion} from './versions.js';

export const lifecycleVerbs = (client: Client): LifecycleVerbs => {
	const tell = async (reference: string, verb: string, query?: QueryValues, otherwise?: string) => {
		await client.json('POST', containerPath(reference, verb), {query, otherwise});
	};

	/** Before API 1.42 Docker ignores the parameter and would silently send another signal. */
	const assertStopSignals = async (signal: string | undefined) => {
		if (signal !== undefined) {
			await assertMinorVersion(client, 42, `cannot stop a container by ${signal}, only by the signal that it was created with`, `holm kill --signal ${signal}`);
		}
	};

	return {
		startContainer: async reference => tell(reference, '/start', {}, `container ${reference} is running already`),
		async stopContainer(reference, {signal, timeoutSeconds} = {}) {
			await assertStopSignals(signal);
			await tell(reference, '/stop', {signal, t: timeoutSeconds}, `container ${reference} does not run`);
		},
		async restartContainer(reference, {signal, timeoutSeconds} = {}) {
			await assertStopSignals(signal);
			await tell(reference, '/restart', {signal, t: timeoutSeconds});
		},
		killContainer: async (reference, signal) => tell(reference, '/kill', {signal}),
		pauseContainer: async reference => tell(reference, '/pause'),
		unpauseContainer: async reference => tell(reference, '/unpause'),
		updateContainer: async (reference, update) => ({
			warnings: fieldsOf(await client.json('POST', containerPath(reference, '/update'), {json: encodeUpdate(update)})).texts('Warnings'),
		}),
		waitContainer: async (reference, condition, signal) => decodeEnding(await client.json('POST', containerPath(reference, '/wait'), {query: {condition}, signal})),
	};
};
