import assert from 'node:assert/strict';
import {buildBox} from '../box.js';
import {holm, type Case} from '../host.js';

export const build: Case = {
	name: 'build',
	describe: 'an image with RUN steps is built, and has their results',
	async run(host, say) {
		const output = await buildBox(host);
		assert.match(output, /STEP 4\/5: RUN/v);
		say('the image is built');
		assert.equal(await holm(host, 'run', '--rm', 'box', 'cat', '/made'), 'made in a build');
	},
};
