import assert from 'node:assert/strict';
import {holm, type Case} from '../host.js';

export const start: Case = {
	name: 'start',
	describe: 'the engine starts, and doctor finds nothing missing',
	async run(host, say) {
		await holm(host, 'system', 'start');
		say('the engine runs');
		const status = await holm(host, 'system', 'status');
		assert.match(status, /running/v);
		await holm(host, 'doctor');
	},
};
