import {cp} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import type {World} from '../../host/engine/world.js';

const project = fileURLToPath(new URL('../../../../', import.meta.url));
const program = path.join(project, 'node_modules/@devcontainers/cli/devcontainer.js');

/** The dev container command of npm, with the demo for it. */
export const devContainerTests = (
	world: World,
	environmentOf: () => Readonly<Record<string, string>>,
	reason: string | undefined,
): void => {
	world.test('dev container: read-configuration, up, exec, and up again', async t => {
		t.timeout(10 * 60_000);
		const directory = path.join(world.directory, 'dev-container');
		await cp(path.join(project, 'demos/compose/dev-container'), directory, {recursive: true});
		const run = async (verb: string, ...words: readonly string[]) => {
			const arguments_ = [program, verb, '--workspace-folder', directory, ...words];
			return world.start(process.execPath, arguments_, {environment: environmentOf(), limitMs: 5 * 60_000}).ended;
		};

		const outcome = async (verb: string, ...words: readonly string[]) => {
			const {status, stdout, stderr} = await run(verb, ...words);
			t.is(status, 0, stderr);
			return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
		};

		t.like(await outcome('read-configuration'), {configuration: {name: 'holm', service: 'editor'}, workspace: {workspaceFolder: '/workspace'}});
		const {containerId, ...rest} = await outcome('up');
		t.like(rest, {outcome: 'success', composeProjectName: 'dev-container', remoteUser: 'root', remoteWorkspaceFolder: '/workspace'});
		// The store is reached by its service's name; the status is the command's.
		const {status, stdout} = await run('exec', 'sh', '-c', 'cat /tmp/made; pwd; ls; echo PING | nc -w 5 store 6379; exit 3');
		t.deepEqual([status, stdout.replaceAll('\r', '')], [3, 'made\n/workspace\ncompose.yaml\n+PONG\n']);
		t.is((await outcome('up')).containerId, containerId);
		const containers = await world.engine.containers();
		await world.remove(...containers.filter(({name}) => name.startsWith('dev-container-')).map(({id}) => id));
	}, reason);
};
