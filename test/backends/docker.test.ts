import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {listenOn} from '../../source/api/listeners.js';
import {createApiServer} from '../../source/api/server.js';
import {createDockerEngine} from '../../source/backends/docker/engine.js';
import {createMemoryEngine} from '../../source/backends/memory/engine.js';
import {testEngine} from '../contract/engine.js';

testEngine('docker', async () => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-contract-'));
	const socketPath = path.join(directory, 'engine.sock');
	const memory = createMemoryEngine();
	const server = createApiServer(memory);
	const close = await listenOn(server, {kind: 'unix', path: socketPath});
	return {
		engine: createDockerEngine({kind: 'unix', path: socketPath}),
		image: 'alpine/bash',
		async close() {
			close();
			server.closeAllConnections();
			memory.close();
			await rm(directory, {recursive: true, force: true});
		},
	};
});
