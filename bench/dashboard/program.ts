import process from 'node:process';
import {parseArgs} from 'node:util';
import {createMemoryEngine} from '../../source/backends/memory.js';
import {openDashboard} from '../../source/dashboard/index.js';
import {containerConfiguration} from '../../test/dashboard/helpers/configurations.js';

/*
The dashboard over an engine in memory with 200 containers on 20 networks; with `--flood RATE` the first of them logs so many lines a second.
*/
const {values: {flood}} = parseArgs({options: {flood: {type: 'string'}}});
const {stdin, stdout, stderr, env: environment} = process;
const engine = createMemoryEngine({containers: 200, networks: 20, seed: 1});
if (flood !== undefined) {
	const {id} = await engine.createContainer({...containerConfiguration({command: ['flood', flood]}), name: 'a-flood'});
	await engine.startContainer(id);
}

process.exitCode = await openDashboard({connect: async () => engine, stdin, stdout, stderr, environment, workingDirectory: '/', now: Date.now});
engine.close();
// The flood would go on.

process.exit();
