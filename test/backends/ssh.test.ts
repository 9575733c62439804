import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {createApiServer} from '../../source/api/server.js';
import {connect} from '../../source/daemon/connect.js';
import {createMemoryEngine} from '../../source/backends/memory/engine.js';
import {testEngine} from '../contract/engine.js';
import {findObstacle, startServer} from './ssh/helpers/server.js';

const obstacle = await findObstacle();

if (obstacle === undefined) {
	testEngine('ssh', async () => {
		const directory = await mkdtemp(path.join(tmpdir(), 'holm-contract-'));
		const socketPath = path.join(directory, 'engine.sock');
		const memory = createMemoryEngine();
		const server = createApiServer(memory);
		await new Promise<void>(resolve => {
			server.listen(socketPath, resolve);
		});
		const ssh = await startServer();
		const {environment} = await ssh.account();
		return {
			engine: await connect({host: ssh.address(socketPath), environment}),
			image: 'alpine/bash',
			async close() {
				await ssh.close();
				server.close();
				server.closeAllConnections();
				memory.close();
				await rm(directory, {recursive: true, force: true});
			},
		};
	});
} else {
	test.skip(`ssh: everything that an engine promises (${obstacle})`, t => {
		t.fail();
	});
}
