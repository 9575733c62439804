import test from 'ava';
import {build} from './cases/build.js';
import {containers} from './cases/containers.js';
import {doctor} from './cases/doctor.js';
import {networks} from './cases/networks.js';
import {start} from './cases/start.js';
import {stop} from './cases/stop.js';
import {volumes} from './cases/volumes.js';
import type {Host} from './host.js';
import {debian13Userland} from './userland.js';

const obstacle = await debian13Userland.obstacle();
const cases = [doctor, start, build, containers, networks, volumes, stop];

if (obstacle === undefined) {
	let host: Host | undefined;
	test.before('the host is made', async () => {
		host = await debian13Userland.open(() => undefined);
	});
	test.after.always('the host is removed', async () => {
		await host?.close();
	});
	for (const {describe, run} of cases) {
		test.serial(`Debian 13: ${describe}`, async t => {
			await t.notThrowsAsync(run(host!, step => {
				t.log(step);
			}));
		});
	}
} else {
	for (const {describe} of cases) {
		test.skip(`Debian 13: ${describe} (${obstacle})`, t => {
			t.fail();
		});
	}
}
