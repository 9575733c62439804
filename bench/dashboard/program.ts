import {once} from 'node:events';
import process from 'node:process';
import {parseArgs} from 'node:util';
import {listenOn} from '../../source/api/listeners.js';
import {createApiServer} from '../../source/api/server.js';
import {createDockerEngine} from '../../source/backends/docker/engine.js';
import {createMemoryEngine} from '../../source/backends/memory/engine.js';
import {openDashboard} from '../../source/dashboard/index.js';
import type {Engine} from '../../source/engine/engine.js';
import type {Snapshot} from '../../source/engine/snapshot.js';
import {containerConfiguration} from '../../test/dashboard/helpers/configurations.js';

/*
The dashboard with 200 containers on 20 networks in the memory engine. `--flood RATE`: the first container logs RATE lines per second. `--still`: statistics are read but never change. `--serve SOCKET`: only the engine, until the end of standard input. `--connect SOCKET`: only the dashboard.
*/
const {values: {flood, still, serve, connect}} = parseArgs({options: {
	flood: {type: 'string'}, still: {type: 'boolean', default: false}, serve: {type: 'string'}, connect: {type: 'string'},
}});
const {stdin, stdout, stderr, env: environment} = process;
const open = async (engine: Engine) => openDashboard({
	connect: async () => engine, stdin, stdout, stderr, environment, workingDirectory: '/', now: Date.now,
});

if (connect !== undefined) {
	process.exit(await open(createDockerEngine({kind: 'unix', path: connect})));
}

const engine = createMemoryEngine({containers: 200, networks: 20, seed: 1});
if (flood !== undefined) {
	const {id} = await engine.createContainer({...containerConfiguration({command: ['flood', flood]}), name: 'a-flood'});
	await engine.startContainer(id);
}

let kept: Snapshot['stats'] | undefined;
const stillEngine: Engine = {
	...engine,
	async snapshot(options) {
		const snapshot = await engine.snapshot(options);
		if (options?.stats) {
			kept ??= snapshot.stats;
		}

		return {...snapshot, stats: kept ?? snapshot.stats};
	},
};

if (serve === undefined) {
	process.exitCode = await open(still ? stillEngine : engine);
} else {
	await listenOn(createApiServer(engine), {kind: 'unix', path: serve});
	stdout.write('serving\n');
	stdin.resume();
	await once(stdin, 'end');
}

engine.close();
// The flood would keep the process alive.

process.exit();
