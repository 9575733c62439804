import assert from 'node:assert/strict';
import {needBox, withNames} from '../box.js';
import {holm, must, type Case} from '../host.js';

export const containers: Case = {
	name: 'containers',
	describe: 'run, exec, stats, cp, logs, and the exit status',
	async run(host, say) {
		await needBox(host);
		await withNames(host, {containers: ['worker']}, async () => {
			await holm(host, 'run', '--detach', '--name', 'worker', 'box', 'sh', '-c', 'echo begun; trap "exit 7" TERM; while :; do sleep 1; done');
			say('the container runs');
			assert.equal(await holm(host, 'exec', 'worker', 'sh', '-c', 'echo "$((6 * 7))" | tee /answer'), '42');
			assert.match(await holm(host, 'stats', '--no-stream', 'worker'), /worker .*%/v);
			await holm(host, 'cp', 'worker:/answer', '/tmp/answer');
			assert.equal(await must(host, ['cat', '/tmp/answer']), '42');
			await holm(host, 'cp', '/etc/debian_version', 'worker:/version');
			assert.equal(await holm(host, 'exec', 'worker', 'cat', '/version'), await must(host, ['cat', '/etc/debian_version']));
			assert.equal(await holm(host, 'logs', 'worker'), 'begun');
			await holm(host, 'stop', 'worker');
			assert.equal(await holm(host, 'wait', 'worker'), '7');
		});
	},
};
