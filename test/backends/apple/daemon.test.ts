import {execFile} from 'node:child_process';
import {
	mkdir,
	readFile,
	stat,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {createDockerEngine} from '../../../source/backends/docker/engine.js';
import type {Engine} from '../../../source/engine/engine.js';
import {lockOwner} from '../../../source/daemon/apple/lock.js';
import {findDocker} from '../../host/engine/docker/client.js';
import {findPlugin} from '../../hosts/userland.js';
import {startStandIn} from './stand-in/server.js';

/*
What a person on a Mac does, from the first setup to the end of the daemon, with Holm and with Docker's own clients. One daemon and one stand-in serve the whole story, so its tests run in order.
*/

const cli = fileURLToPath(new URL('../../../cli.js', import.meta.url));
const docker = await findDocker();
const compose = await findPlugin('docker-compose');
const standIn = await startStandIn({isServing: false, hasKernel: false});
const directory = path.join(standIn.home, '.holm');
const paths = {socket: path.join(directory, 'holm.sock'), lock: path.join(directory, 'daemon.lock')};

type Ended = {readonly status: number; readonly stdout: string; readonly stderr: string};
type RunOptions = {readonly environment?: Readonly<Record<string, string>>; readonly place?: string};

const run = async (file: string, words: readonly string[], {environment, place}: RunOptions = {}) => new Promise<Ended>(resolve => {
	const options = {env: {...standIn.environment, ...environment}, cwd: place, timeout: 60_000};
	const child = execFile(file, words, options, (error, stdout, stderr) => {
		resolve({status: error ? Number(error.code ?? 255) : 0, stdout, stderr});
	});
	child.stdin!.end();
});

const holm = async (words: readonly string[], environment: RunOptions['environment'] = {}) =>
	run(process.execPath, [cli, ...words], {environment: {HOLM_HOST: 'apple', ...environment}});

const dockers = {DOCKER_HOST: `unix://${paths.socket}`, DOCKER_CONFIG: path.join(standIn.home, 'docker'), DOCKER_BUILDKIT: '0', DOCKER_CONTEXT: ''};

/** Runs a command that must succeed; resolves with its output. */
const must = async (ended: Promise<Ended>): Promise<string> => {
	const {status, stdout, stderr} = await ended;
	if (status !== 0) {
		throw new Error(`status ${status}: ${stderr}${stdout}`);
	}

	return stdout.replaceAll('\u{1B}[2K', '');
};

const daemonId = async () => (await lockOwner(paths.lock))?.pid;

/** The engine as other programs see it. */
const served = (): Engine => createDockerEngine({kind: 'unix', path: paths.socket});

const step = (name: string, action: (t: ExecutionContext) => Promise<void>, lacks?: string) => {
	const define = lacks === undefined ? test.serial : test.serial.skip;
	define(lacks === undefined ? name : `${name} (${lacks})`, action);
};

const lacksDocker = docker === undefined ? 'needs the docker client, which Debian has in docker.io' : undefined;
const lacksCompose = compose === undefined ? 'needs Debian 13\'s docker-compose: npm test fetches it' : lacksDocker;

test.after.always(async () => {
	await holm(['system', 'stop']);
	await standIn.close();
});

step('doctor names what is missing, setup provides it after a question', async t => {
	const before = await holm(['doctor']);
	t.is(before.status, 1);
	t.regex(before.stdout, /✖ +service +not running +holm setup, or container system start/v);
	t.regex(before.stdout, /✖ +kernel +not installed/v);
	t.regex((await holm(['ps'])).stderr, /^Error: the service of Apple's container does not run on this host \(/v);
	const refused = await holm(['setup']);
	t.is(refused.status, 1);
	t.regex(refused.stderr, /There is no terminal to ask on \(holm setup --yes agrees\)\n$/v);
	t.false(standIn.world.isServing);
	t.regex(await must(holm(['setup', '--yes'])), /Its service is started: container system start\nThe kernel of its containers is installed: container system kernel set --recommended\n$/v);
	t.regex(await must(holm(['setup'])), /Its service is running\.\nThe kernel of its containers is installed\.\n$/v);
	t.regex(await must(holm(['doctor'])), /^(?!.*✖).*✔ +daemon +not running/sv);
	t.regex((await holm(['setup', '--probe'])).stderr, /--probe is for Holm's own engine/v);
});

step('a daemon is started once, for its user alone, and commands use it', async t => {
	t.is((await holm(['system', 'status'])).status, 3);
	const failing = await holm(['system', 'start'], {HOLM_STAND_IN_FAILURE: 'service start without a usable launchd domain'});
	t.regex(failing.stderr, /^Error: the service of Apple's container does not run on this host \(.*logged in at the screen/v);
	const outputs = await Promise.all([must(holm(['system', 'start'])), must(holm(['system', 'start']))]);
	t.is(outputs.filter(text => text.includes('running already')).length, 1);
	t.deepEqual(outputs[0].split('\n').slice(1), [
		`docker context create holm --docker 'host=unix://${paths.socket}' && docker context use holm`,
		`export DOCKER_HOST='unix://${paths.socket}' TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE='${paths.socket}'`,
		'',
	]);
	t.is((await stat(paths.socket)).mode & 0o777, 0o600);
	t.is((await stat(directory)).mode & 0o777, 0o700);
	t.regex(await must(holm(['system', 'status'])), new RegExp(`process id ${await daemonId()} `, 'v'));
	// Apple's program is the daemon's affair.
	t.is(await must(holm(['ps', '-q'], {HOLM_CONTAINER: '/nothing'})), '');
	t.regex((await holm(['system', 'start', '--host', 'unix:///tmp/x'])).stderr, /is running and keeps its addresses/v);
});

step('Docker\'s client', async t => {
	const run_ = async (...words: readonly string[]) => run(docker!, words, {environment: dockers});
	const client = async (...words: readonly string[]) => must(run_(...words));
	t.is(await client('version', '--format', '{{(index .Server.Components 0).Name}}'), 'Apple container\n');
	await client('network', 'create', 'lab');
	await client('run', '-d', '--name', 'first', '--network', 'lab', '--network-alias', 'one', 'alpine/bash', 'sleep', '1000');
	const {stdout, stderr, status} = await run_('run', '--rm', '--network', 'lab', 'alpine/bash', 'sh', '-c', 'cat /etc/hosts; echo oops >&2; exit 3');
	t.regex(stdout, /^[\d.]+\tfirst [\da-f]{12} one$/mv);
	t.deepEqual([stderr, status], ['oops\n', 3]);
	t.like(await run_('exec', 'first', 'sh', '-c', 'echo in; exit 4'), {stdout: 'in\n', status: 4});
	await client('run', '-d', '--name', 'web', '-p', '127.0.0.1::80', '--restart', 'always', 'alpine/bash', 'sh', '-c', 'echo up; sleep 1000');
	t.regex(await client('port', 'web', '80'), /^127\.0\.0\.1:\d{5}\n$/v);
	await client('rename', 'web', 'site');
	const [time, word] = (await client('logs', '-t', 'site')).trim().split(' ');
	t.is(word, 'up');
	t.true(Math.abs(Date.now() - Date.parse(time!)) < 60_000);
	t.is(await client('ps', '--format', '{{.Names}}'), 'site\nfirst\n');
	t.is(await must(holm(['ps', '--format', '{{.Names}}'])), 'site\nfirst\n');
	await client('rm', '--force', 'first');
	await client('network', 'rm', 'lab');
}, lacksDocker);

const project = `
services:
  store:
    image: alpine/bash
    command: sh -c 'touch /tmp/ready; echo stored; sleep 1000'
    healthcheck: {test: test -e /tmp/ready, interval: 500ms, retries: 40}
    secrets: [token]
    volumes: [data:/data]
    networks: {back: {aliases: [database]}}
  web:
    image: alpine/bash
    command: sh -c 'cat /run/secrets/key; sleep 1000'
    depends_on: {store: {condition: service_healthy}}
    ports: ["127.0.0.1::80"]
    secrets: [key]
    networks: [front, back]
    restart: unless-stopped
secrets:
  token: {file: ./token}
  key: {environment: KEY}
volumes: {data: {}}
networks: {front: {}, back: {}}
`;

step('a Compose project', async t => {
	const place = path.join(standIn.home, 'project');
	await mkdir(place);
	await writeFile(path.join(place, 'compose.yaml'), project);
	await writeFile(path.join(place, 'token'), 'from a file\n');
	const plugins = path.join(dockers.DOCKER_CONFIG, 'cli-plugins');
	await mkdir(plugins, {recursive: true});
	await writeFile(path.join(plugins, 'docker-compose'), `#!/bin/sh\nexec ${compose!} "$@"\n`, {mode: 0o755});
	const run_ = async (...words: readonly string[]) => must(run(process.execPath, [
		cli, '--host', 'apple', 'compose', '--ansi', 'never', '--progress', 'plain', ...words,
	], {environment: {DOCKER_CONFIG: dockers.DOCKER_CONFIG, KEY: 'from the environment\n'}, place}));
	await run_('up', '--detach', '--wait');
	t.regex(await run_('ps'), /project-store-1 .* \(healthy\)/v);
	t.is(await run_('exec', '-T', 'store', 'cat', '/run/secrets/token'), 'from a file\n');
	t.is(await run_('logs', '--no-log-prefix', 'web'), 'from the environment\n');
	t.regex(await run_('exec', '-T', 'web', 'cat', '/etc/hosts'), /^[\d.]+\tproject-store-1 [\da-f]{12} store database$/mv);
	t.regex(await run_('port', 'web', '80'), /^127\.0\.0\.1:\d{5}\n$/v);
	await run_('down', '--volumes', '--timeout', '0');
	const engine = served();
	t.deepEqual((await engine.containers({all: true})).map(({name}) => name), ['site']);
	t.deepEqual((await engine.networks()).map(({name}) => name), ['bridge']);
	t.deepEqual(await engine.volumes(), []);
}, lacksCompose);

/** The next start of a container. */
const nextStart = async (engine: Engine, id: string, since: number): Promise<number> => {
	const signal = AbortSignal.timeout(30_000);
	for await (const {time} of engine.events({filters: {container: [id], event: ['start']}, since, signal})) {
		return time;
	}

	throw new Error('it was not started');
};

step('containers outlive a daemon that is killed, and the next one keeps their restart policies', async t => {
	const before = served();
	const {id} = await before.createContainer({
		...(await before.container('site')).configuration, name: 'ended', networks: [], ports: [],
	});
	await before.startContainer(id);
	const killed = Date.now();
	const pid = await daemonId();
	process.kill(pid!, 'SIGKILL');
	while (await daemonId() !== undefined) {
		await delay(10);
	}

	const {memory, containers} = standIn.world;
	const killInside = async (name: string) => memory.killContainer(containers.get(name)!.memoryId);
	await killInside('ended');
	// Without a daemon each command uses Apple's program.
	t.regex(await must(holm(['ps', '--all', '--format', '{{.Names}} {{.Status}}'])), /^ended (?:Exited|Up).*\nsite Up/v);
	t.regex(await must(holm(['system', 'start'])), /^The engine is running, /v);
	t.not(await daemonId(), pid);
	const after = served();
	await nextStart(after, id, killed);
	t.like(await after.container('ended'), {id, status: {state: 'running'}, restartCount: 1});
	// One that ran all the time is watched.
	const {id: site} = await after.container('site');
	const ended = Date.now();
	await killInside('web');
	await nextStart(after, site, ended);
	t.like(await after.container('site'), {restartCount: 1});
}, lacksDocker);

step('the daemon ends cleanly, and its containers go on', async t => {
	t.regex((await holm(['system', 'stop', '--all'])).stderr, /stop the containers first: holm stop/v);
	t.is(await must(holm(['system', 'stop'])), 'The engine is stopped. Its containers go on.\n');
	t.is(await must(holm(['system', 'stop'])), 'The engine is not running.\n');
	await t.throwsAsync(stat(paths.socket), {code: 'ENOENT'});
	await t.throwsAsync(stat(paths.lock), {code: 'ENOENT'});
	t.regex(await readFile(path.join(directory, 'daemon.log'), 'utf8'), /ending on SIGTERM\n$/v);
	const names = (await must(holm(['ps', '--format', '{{.Names}}']))).trim();
	t.is(names, lacksDocker === undefined ? 'ended\nsite' : '');
	if (names !== '') {
		await must(holm(['rm', '--force', ...names.split('\n')]));
	}

	for (const command of ['reset', 'install', 'uninstall']) {
		t.regex((await holm(['system', command])).stderr, /^Error: Apple's container cannot be /v);
	}
});
