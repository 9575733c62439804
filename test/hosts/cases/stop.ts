import assert from 'node:assert/strict';
import {holm, must, type Case} from '../host.js';

export const stop: Case = {
	name: 'stop',
	describe: 'the engine and all its processes end',
	async run(host) {
		await holm(host, 'system', 'stop', '--all');
		assert.doesNotMatch(await must(host, ['sh', '-c', 'cat /proc/[0-9]*/comm 2>/dev/null']), /qemu|virtiofsd|conmon|node/v);
		assert.doesNotMatch(await must(host, ['ip', '-brief', 'link']), /holm-/v);
		assert.doesNotMatch(await must(host, ['nft', 'list', 'ruleset']), /holm/v);
	},
};
