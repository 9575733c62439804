import {
	cp,
	mkdir,
	symlink,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {messageOf} from '../../source/engine/errors.js';
import {run as execute} from '../../source/host/run.js';
import {pathsOf} from '../../source/host/store/paths.js';
import {freePort} from '../api/helpers/free-port.js';
import {findDocker} from '../host/engine/docker/client.js';
import {testBuilderBytes} from '../host/engine/parts.js';
import {openWorld} from '../host/engine/world.js';
import {findPlugin} from '../hosts/userland.js';
import {devContainerTests} from './clients/dev-container.js';
import {testcontainersTests} from './clients/testcontainers.js';

const project = fileURLToPath(new URL('../../../', import.meta.url));
const program = await findPlugin('docker-compose');
const reason = program === undefined ? 'needs Debian 13\'s docker-compose: npm test fetches it' : undefined;

const docker = await findDocker();
const dockerReason = docker === undefined ? 'needs the docker client, which Debian has in docker.io' : undefined;

const world = openWorld({withBuilder: true});

type Project = {
	/** Runs a command of Compose in the project, which must succeed; resolves with its output. */
	readonly compose: (...arguments_: readonly string[]) => Promise<string>;
	/** Runs a shell script in a service. */
	readonly inside: (service: string, script: string) => Promise<string>;
	readonly directory: string;
};

let environment: Readonly<Record<string, string>> = {};

/** A test of one of the projects in `demos/compose`, in a copy of it. At its end nothing of the project may be left. */
const composeTest = (
	name: string,
	implementation: (t: ExecutionContext, project: Project) => Promise<void>,
	settings: Readonly<Record<string, string>> = {},
) => {
	world.test(`compose: ${name}`, async t => {
		t.timeout(10 * 60_000);
		const directory = path.join(world.directory, name);
		await cp(path.join(project, 'demos/compose', name), directory, {recursive: true});
		const run = async (...arguments_: readonly string[]) => {
			const {status, stdout, stderr} = await world.run(['compose', '--ansi', 'never', '--progress', 'plain', ...arguments_], {directory, environment: {...environment, ...settings}, limitMs: 5 * 60_000});
			if (status !== 0) {
				throw new Error(`holm compose ${arguments_.join(' ')}: status ${status}: ${stderr}${stdout}`);
			}

			// Compose clears the line before each line of a log, also without a terminal.
			return stdout.replaceAll('\u{1B}[2K', '');
		};

		try {
			await implementation(t, {directory, compose: run, inside: async (service, script) => run('exec', '-T', service, 'sh', '-c', script)});
		} finally {
			await run('--profile', '*', 'down', '--volumes', '--timeout', '2');
		}

		const label = `com.docker.compose.project=${name}`;
		t.deepEqual(await Promise.all([['ps', '-aq'], ['network', 'ls', '-q'], ['volume', 'ls', '-q']].map(async words => world.holm(...words, '--filter', `label=${label}`))), ['', '', '']);
	}, reason);
};

// The images have the names of public ones, and are made from Debian's packages.
world.test('compose: the images of the projects', async t => {
	t.timeout(10 * 60_000);
	const holm = path.join(world.directory, 'holm');
	await writeFile(holm, `#!/bin/sh\nexec "${process.execPath}" "${path.join(project, 'dist/cli.js')}" "$@"\n`, {mode: 0o755});
	const plugins = path.join(world.directory, '.docker/cli-plugins');
	await mkdir(plugins, {recursive: true});
	await symlink(program!, path.join(plugins, 'docker-compose'));
	// The size of the disk that is laid.
	await world.engine.builder!.update({diskBytes: testBuilderBytes, memoryBytes: 1024 ** 3});
	await execute('bash', [path.join(project, 'demos/images/make.sh')], {environment: {HOLM: holm, HOLM_ROOT: world.root}});
	environment = {
		TOKEN: 'abc', WEB_PORT: String(await freePort()), PROXY_PORT: String(await freePort()), DOCKER_SOCKET: pathsOf(world.root).socket,
	};
	const images = await world.engine.images();
	t.is(images.filter(({tags}) => tags.some(tag => /redis|nginx|bash|python/v.test(tag))).length, 4);
}, reason);

composeTest('web-cache', async (t, {compose}) => {
	await compose('up', '--detach', '--wait');
	const page = async () => (await fetch(`http://127.0.0.1:${environment.WEB_PORT}/`)).text();
	const [first, second] = [await page(), await page()];
	t.regex(first, /^visits: \d+\n$/v);
	t.is(Number(second.split(' ')[1]), Number(first.split(' ')[1]) + 1);
	t.regex(await compose('ps'), /web-cache-cache-1.*\(healthy\)/v);
});

composeTest('database', async (t, {compose}) => {
	await compose('up', '--detach', '--wait', 'database');
	t.is(await compose('run', '--rm', '-T', 'client'), 'hello\nada 1815\ngrace 1906\n');
	t.regex(await compose('logs', '--no-log-prefix', 'database'), /^initialised version 1$/mv);
	// The volume has the data, not the container.
	await compose('up', '--detach', '--wait', '--force-recreate', 'database');
	t.notRegex(await compose('logs', '--no-log-prefix', 'database'), /initialised/v);
// By the classic builder; the other projects are built by BuildKit.
}, {DOCKER_BUILDKIT: '0'});

composeTest('two-networks', async (t, {compose, inside}) => {
	await compose('up', '--detach');
	t.is(await inside('front', 'nc www 80 </dev/null'), 'application\n');
	t.is(await inside('application', 'nc database 5432 </dev/null'), 'rows\n');
	t.is(await inside('front', 'nc database 5432 </dev/null 2>/dev/null || echo none'), 'none\n');
});

composeTest('proxy', async (t, {compose}) => {
	await compose('up', '--detach');
	t.is(await compose('logs', '--no-log-prefix', 'routes'), 'blue: 1\ngreen: 1\n');
	for (const color of ['blue', 'green']) {
		const address = `http://127.0.0.1:${environment.PROXY_PORT}/${color}/`;
		const page = async () => {
			try {
				const answer = await fetch(address);
				return await answer.text();
			} catch (error) {
				// The servers may not listen yet.
				return messageOf(error);
			}
		};

		t.regex(await world.until(page, text => text.includes('Welcome')), /Welcome to nginx/v);
	}
});

composeTest('workers', async (t, {compose, inside}) => {
	await compose('up', '--detach', '--scale', 'worker=3');
	t.is((await compose('ps', '--quiet', 'worker')).trim().split('\n').length, 3);
	await inside('queue', 'redis-cli RPUSH jobs one fail two three');
	const results = async () => (await inside('queue', 'redis-cli --raw LRANGE results 0 -1')).trim().split('\n').toSorted().join(' ');
	await world.until(results, answer => answer === 'one three two');
	// The worker that failed runs again.
	const restarts = async () => {
		const workers = (await world.engine.containers()).filter(({name}) => name.startsWith('workers-worker-'));
		return workers.map(({status}) => status.state).join(' ');
	};

	t.is(await world.until(restarts, states => states === 'running running running'), 'running running running');
});

composeTest('jobs', async (t, {compose}) => {
	await compose('up', '--detach');
	t.is(await compose('logs', '--no-log-prefix', 'application'), 'schema 2\n');
	t.regex(await compose('ps', '--all'), /jobs-migrate-1.*Exited \(0\)/v);
	await t.throwsAsync(compose('--profile', 'broken', 'up', 'never'), {message: /service "broken" didn't complete successfully: exit 3/v});
});

composeTest('profiles', async (t, {compose, inside}) => {
	await compose('up', '--detach');
	t.deepEqual((await compose('ps', '--services')).trim().split('\n').toSorted(), ['application', 'store']);
	t.is(await inside('application', 'echo $REGION $LEVEL'), 'north info\n');
	await compose('--profile', 'debug', 'up', '--detach');
	t.is(await inside('debug', 'echo $REGION $LEVEL'), 'north debug\n');
});

composeTest('addresses', async (t, {compose, inside}) => {
	await compose('up', '--detach');
	t.is(await inside('client', 'nc fixed 80 </dev/null'), '10.91.7.10\n');
	await compose('up', '--detach', '--force-recreate', 'server');
	t.is(await inside('client', 'nc server 80 </dev/null'), '10.91.7.10\n');
});

composeTest('watch', async (t, {compose, inside, directory}) => {
	await compose('up', '--detach', '--build');
	t.is(await inside('page', 'cat /source/page.txt'), 'first\n');
	const watching = world.launch(['compose', '--ansi', 'never', 'watch', '--no-up'], {directory, environment, limitMs: 5 * 60_000});
	await watching.shows(/watch/iv);
	await writeFile(path.join(directory, 'source/page.txt'), 'second\n');
	// A file that is replaced is not there for a moment.
	await world.until(async () => inside('page', 'cat /source/page.txt || :'), text => text === 'second\n');
	watching.kill('SIGTERM');
	const {status} = await watching.ended;
	t.not(status, undefined, 'holm compose ends with Compose');
});

composeTest('hosts', async (t, {compose, inside}) => {
	await compose('up', '--detach');
	t.is(await inside('machine', 'hostname -f; cat /proc/sys/net/core/somaxconn; ulimit -n; id -G; grep -w elsewhere /etc/hosts; grep NoNewPrivs /proc/self/status; df -m /dev/shm | tail -n 1 | tr -s " " | cut -d " " -f 2; cat /proc/1/oom_score_adj'), [
		'machine.example.test', '1024', '1000', '0 1001', '192.0.2.7\telsewhere', 'NoNewPrivs:\t1', '96', '100', '',
	].join('\n'));
	t.is(await inside('machine', 'ping -c 1 -W 5 host.docker.internal >/dev/null && echo reached'), 'reached\n');
});

// Both run Docker's client, which looks for the plugin in its configuration.
const dockerEnvironment = () => ({
	DOCKER_HOST: `unix://${pathsOf(world.root).socket}`,
	DOCKER_CONFIG: path.join(world.directory, '.docker'),
	DOCKER_BUILDKIT: '0',
	PATH: [path.dirname(docker!), process.env.PATH].join(':'),
});

devContainerTests(world, dockerEnvironment, reason ?? dockerReason);
testcontainersTests(world, dockerEnvironment, reason ?? dockerReason);
