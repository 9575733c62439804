import assert from 'node:assert/strict';
import {needBox, withNames} from '../box.js';
import {holm, must, type Case} from '../host.js';

export const networks: Case = {
	name: 'networks',
	describe: 'a container is found by its name, and by the host on its published port',
	async run(host, say) {
		await needBox(host);
		await withNames(host, {containers: ['web'], networks: ['inside']}, async () => {
			await holm(host, 'network', 'create', 'inside');
			const serve = 'mkdir /www; echo "from web" >/www/index.html; httpd -f -p 80 -h /www';
			await holm(host, 'run', '--detach', '--name', 'web', '--network', 'inside', '--publish', '8080:80', 'box', 'sh', '-c', serve);
			say('the server runs');
			assert.equal(await holm(host, 'run', '--rm', '--network', 'inside', 'box', 'wget', '-q', '-O', '-', 'http://web/'), 'from web');
			assert.equal(await must(host, ['busybox', 'wget', '-q', '-O', '-', 'http://127.0.0.1:8080/']), 'from web');
		});
	},
};
