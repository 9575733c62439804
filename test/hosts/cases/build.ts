import assert from 'node:assert/strict';
import {needBox} from '../box.js';
import {holm, must, type Case} from '../host.js';

const dockerfile = `FROM box
RUN test "$(ulimit -n)" -ge 64 && echo "made in a build" >/made
`;

export const build: Case = {
	name: 'build',
	describe: 'an image with a RUN step is built in the builder, which the first build makes, and has its result',
	async run(host, say) {
		await needBox(host);
		await must(host, ['mkdir', '-p', '/tmp/built']);
		await must(host, ['tee', '/tmp/built/Dockerfile'], {input: dockerfile});
		const output = await holm(host, 'build', '--no-cache', '--tag', 'built', '/tmp/built');
		assert.match(output, /^#\d+ \[2\/2\] RUN /mv);
		say('the image is built');
		assert.equal(await holm(host, 'run', '--rm', 'built', 'cat', '/made'), 'made in a build');
		assert.match(await holm(host, 'builder', 'ls'), /^running /mv);
		await holm(host, 'builder', 'rm');
	},
};
