import assert from 'node:assert/strict';
import {needBox, withNames} from '../box.js';
import {holm, must, type Case} from '../host.js';

export const volumes: Case = {
	name: 'volumes',
	describe: 'a volume keeps what a container wrote, a bind is the host\'s directory, and a read-only one cannot be written to',
	async run(host, say) {
		await needBox(host);
		await must(host, ['mkdir', '-p', '/tmp/bind']);
		await must(host, ['tee', '/tmp/bind/config'], {input: 'of the host\n'});
		await withNames(host, {containers: ['keeper'], volumes: ['kept']}, async () => {
			await holm(host, 'run', '--detach', '--name', 'keeper', '--volume', 'kept:/data', '--volume', '/tmp/bind:/bind', '--volume', '/tmp/bind:/fixed:ro', 'box', 'sleep', '1000');
			say('the container with mounts runs');
			assert.equal(await holm(host, 'exec', 'keeper', 'cat', '/bind/config', '/fixed/config'), 'of the host\nof the host');
			await holm(host, 'exec', 'keeper', 'sh', '-c', 'echo important >/data/record; echo "of the container" >/bind/answer; sync');
			assert.notEqual((await host.run([...host.holm, 'exec', 'keeper', 'touch', '/fixed/answer'])).exitCode, 0);
			await holm(host, 'rm', '--force', 'keeper');
			assert.equal(await must(host, ['cat', '/tmp/bind/answer']), 'of the container');
			assert.equal(await must(host, ['cat', '/tmp/bind/config']), 'of the host');
			assert.equal(await holm(host, 'run', '--rm', '--volume', 'kept:/data', 'box', 'cat', '/data/record'), 'important');
		});
	},
};
