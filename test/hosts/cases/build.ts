import assert from 'node:assert/strict';
import {needBox} from '../box.js';
import {holm, must, type Case} from '../host.js';

const step = 'test "$(ulimit -n)" -ge 64 && echo "made in a build" >/made';

/** BuildKit knows here-documents in itself since Docker 23, which Debian 12 does not have. */
const dockerfileFor = (release: number): string => release >= 13 ? `FROM box\nRUN <<END\n${step}\nEND\n` : `FROM box\nRUN ${step}\n`;

export const build: Case = {
	name: 'build',
	describe: 'an image with a RUN step is built in the builder, which the first build makes, and has its result',
	limitMs: 20 * 60_000,
	async run(host, say) {
		await needBox(host);
		await must(host, ['mkdir', '-p', '/tmp/built']);
		const release = Number(await must(host, ['sh', '-c', '. /etc/os-release; echo "$VERSION_ID"']));
		await must(host, ['tee', '/tmp/built/Dockerfile'], {input: dockerfileFor(release)});
		const output = await holm(host, 'build', '--no-cache', '--tag', 'built', '/tmp/built');
		assert.match(output, /^#\d+ \[2\/2\] RUN /mv);
		say('the image is built');
		assert.equal(await holm(host, 'run', '--rm', 'built', 'cat', '/made'), 'made in a build');
		assert.match(await holm(host, 'builder', 'ls'), /^running /mv);
		await holm(host, 'builder', 'rm');
	},
};
