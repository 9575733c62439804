import process from 'node:process';
import {parseArgs} from 'node:util';
import {createMemoryEngine} from '../../source/backends/memory.js';
import {openDashboard} from '../../source/dashboard/index.js';
import type {Engine, Snapshot} from '../../source/engine.js';
import {containerConfiguration} from '../../test/dashboard/helpers/configurations.js';

/*
The dashboard over an engine in memory with 200 containers on 20 networks; with `--flood RATE` the first of them logs so many lines a second, with `--still` the statistics are read as ever and never change.
*/
const {values: {flood, still}} = parseArgs({options: {flood: {type: 'string'}, still: {type: 'boolean', default: false}}});
const {stdin, stdout, stderr, env: environment} = process;
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

process.exitCode = await openDashboard({connect: async () => still ? stillEngine : engine, stdin, stdout, stderr, environment, workingDirectory: '/', now: Date.now});
engine.close();
// The flood would go on.

process.exit();
