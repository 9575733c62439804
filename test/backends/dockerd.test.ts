import {createReadStream} from 'node:fs';
import test from 'ava';
import {createDockerEngine} from '../../source/backends/docker/engine.js';
import {messageOf} from '../../source/engine/errors.js';
import {startDockerDaemon} from '../docker/daemon.js';
import {boxChanges, packBox} from '../host/engine/box.js';
import {testEngine} from '../contract/engine.js';

const daemon = await startDockerDaemon().catch((error: unknown) => messageOf(error));

if (typeof daemon === 'string') {
	test.skip(`dockerd: everything that an engine promises (${daemon})`, t => {
		t.fail();
	});
} else {
	testEngine('dockerd', async () => {
		const engine = createDockerEngine({kind: 'unix', path: daemon.socket});
		await engine.importImage(createReadStream(await packBox(daemon.directory)), {tag: 'box', changes: boxChanges});
		return {engine, image: 'box', close: daemon.close};
	}, {lacks: {
		dns: true, machine: true, registry: true, refusals: true, restingLeases: true,
		detaching: true, stopSignals: true, cleanMounts: true, seamlessLogs: true, promptPause: true, subpaths: true, platforms: true,
	}});
}
