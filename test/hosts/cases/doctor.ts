import assert from 'node:assert/strict';
import {must, type Case} from '../host.js';

const netavark = '/usr/lib/podman/netavark';

export const doctor: Case = {
	name: 'doctor',
	describe: 'doctor reports missing netavark, which this buildah requires',
	hosts: ['debian-13-userland'],
	async run(host) {
		await must(host, ['mv', netavark, '/root/netavark']);
		try {
			const {stdout, exitCode} = await host.run([...host.holm, 'doctor']);
			assert.match(stdout, /netavark +not installed, and buildah does not work without it +sudo apt-get install .*netavark/v);
			assert.equal(exitCode, 1);
		} finally {
			await must(host, ['mv', '/root/netavark', netavark]);
		}
	},
};
