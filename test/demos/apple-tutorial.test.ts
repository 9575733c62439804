import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmod, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {text} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';
import {freePort} from '../api/helpers/free-port.js';
import {startStandIn} from '../backends/apple/stand-in/server.js';
import {openWorld} from '../host/engine/world.js';
import {assertTutorial} from './tutorial-output.js';

const project = fileURLToPath(new URL('../../../', import.meta.url));

/** Its machines are those of Apple's service. */
const world = openWorld({withBuilder: true});

type Result = {readonly output: string; readonly status: number | null};

const run = async (file: string, words: readonly string[], environment: NodeJS.ProcessEnv): Promise<Result> => {
	// One pipe keeps the order of both streams.
	const child = spawn('sh', ['-c', 'exec "$0" "$@" 2>&1', file, ...words], {env: environment, stdio: ['ignore', 'pipe', 'inherit']});
	const closed = once(child, 'close') as Promise<[number | null]>;
	const [output, [status]] = await Promise.all([text(child.stdout), closed]);
	return {output, status};
};

world.longTest('the tutorial with Apple\'s container, word for word, on machines that names lead to', async t => {
	t.timeout(10 * 60_000);
	await world.holm('system', 'start');
	const standIn = await startStandIn({machines: world.engine});
	// Machines run as other users and need access to the files that they mount.
	await chmod(path.dirname(standIn.home), 0o755);
	const holm = path.join(world.directory, 'container');
	await writeFile(holm, `#!/bin/sh\nexec "${process.execPath}" "${path.join(project, 'dist/cli.js')}" --host apple "$@"\n`, {mode: 0o755});
	const webPort = String(await freePort());
	const {HOLM_ROOT: _, HOLM_HOST: __, ...own} = standIn.environment as NodeJS.ProcessEnv;
	const environment = {
		...own,
		XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? path.join(process.env.HOME ?? '/root', '.cache'),
		HOLM: holm,
		HOLM_DEMO_FRESH: '1',
		HOLM_DEMO_OFFLINE: '1',
		HOLM_DEMO_WEB_PORT: webPort,
		HOLM_DEMO_NGINX_PORT: String(await freePort()),
	};
	try {
		const {output, status} = await run(path.join(project, 'demos/tutorial/run.sh'), [], environment);
		assertTutorial(t, {output, status}, webPort);
		t.is((await run(holm, ['ps', '-aq'], environment)).output, '');
		t.is((await run(holm, ['network', 'ls', '-q'], environment)).output, 'bridge\n');
		t.deepEqual(await world.engine.containers({all: true}), []);
		t.log(`${standIn.ran.length} runs of Apple's program`);
	} finally {
		await standIn.close();
	}
});
