import type {Builder, BuilderActions} from '../../engine/builder.js';
import {HolmError} from '../../engine/errors.js';
import {decodeBuilder, decodeSteps} from '../../wire/decode/builder.js';
import {fieldsOf} from '../../wire/fields.js';
import type {Client} from './client.js';

/** Only Holm's engine has a builder apart from its daemon. */
export const builderActions = (client: Client): BuilderActions => {
	const ask = async (method: string, verb = '', options: Parameters<Client['json']>[2] = {}): Promise<unknown> => {
		if (!await client.isHolm()) {
			throw new HolmError('unsupported', 'this engine has no builder that Holm manages', {remedy: 'only Holm\'s engine has one; docker buildx manages those of Docker'});
		}

		return client.json(method, `/holm/builder${verb}`, options);
	};

	return {
		status: async (): Promise<Builder> => decodeBuilder(await ask('GET')),
		steps: async () => decodeSteps(await ask('GET', '/steps')),
		async start() {
			await ask('POST', '/start');
		},
		async stop({isForced = false} = {}) {
			await ask('POST', '/stop', {query: isForced ? {force: '1'} : {}});
		},
		async update(change) {
			await ask('POST', '/update', {json: change});
		},
		async prune() {
			const fields = fieldsOf(await ask('POST', '/prune'));
			return {removed: fields.texts('removed'), freedBytes: fields.number('freedBytes')};
		},
		async remove({isForced = false} = {}) {
			await ask('DELETE', '', {query: isForced ? {force: '1'} : {}});
		},
	};
};
