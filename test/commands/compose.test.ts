import {
	mkdir,
	mkdtemp,
	readFile,
	rm,
	writeFile,
} from 'node:fs/promises';
import {once} from 'node:events';
import net, {type AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {rootCertificates} from 'node:tls';
import test, {type ExecutionContext} from 'ava';
import {openDockerHost, type DockerHost} from '../../source/daemon/docker-host.js';
import {command} from '../../source/commands/tools/compose.js';
import {composeCandidates} from '../../source/commands/tools/find-compose.js';
import {firstExecutable} from '../../source/host/setup/programs.js';
import {createContext} from './helpers/context.js';
import {runCommand} from './helpers/run-command.js';

/** Puts a script in place of Compose and runs the command; resolves with its exit status and what the script has written. */
const runWith = async (t: ExecutionContext, script: string, environment: Readonly<Record<string, string>> = {}, isTerminal = false) => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	await mkdir(path.join(directory, 'cli-plugins'));
	await writeFile(path.join(directory, 'cli-plugins/docker-compose'), `#!/bin/sh\n${script}\n`, {mode: 0o755});
	let isClosed = false;
	const host: DockerHost = {
		environment: {DOCKER_HOST: 'unix:///here', DOCKER_CONTEXT: undefined},
		defaults: {DOCKER_BUILDKIT: '0'},
		async close() {
			isClosed = true;
		},
	};
	const context = createContext({
		isTerminal,
		workingDirectory: directory,
		environment: {PATH: process.env.PATH, DOCKER_CONFIG: directory, ...environment},
		dockerHost: async () => host,
	});
	const status = await runCommand(command, ['-f', 'x.yaml', 'up', '--help'], context);
	t.true(isClosed);
	return {status, directory};
};

test('the user\'s plugin comes first, then the host\'s, then the program', t => {
	const candidates = composeCandidates({HOME: '/home/ada', PATH: '/opt/bin:relative:/usr/bin'});
	t.is(candidates[0], '/home/ada/.docker/cli-plugins/docker-compose');
	t.true(candidates.indexOf('/usr/libexec/docker/cli-plugins/docker-compose') < candidates.indexOf('/opt/bin/docker-compose'));
	t.deepEqual(candidates.slice(-2), ['/opt/bin/docker-compose', '/usr/bin/docker-compose']);
	t.is(composeCandidates({DOCKER_CONFIG: '/etc/d', HOME: '/home/ada'})[0], '/etc/d/cli-plugins/docker-compose');
});

test('Compose gets all arguments, the engine\'s address, and not that of Docker', async t => {
	const script = 'echo "$*" >words; env | grep "^DOCKER_[HB]" | sort >environment; env | grep -c "^DOCKER_CONTEXT" >>environment';
	const {directory} = await runWith(t, script, {DOCKER_CONTEXT: 'remote', DOCKER_HOST: 'tcp://other:1'});
	const read = async (name: string) => readFile(path.join(directory, name), 'utf8');
	t.is(await read('words'), '-f x.yaml up --help\n');
	t.is(await read('environment'), 'DOCKER_BUILDKIT=0\nDOCKER_HOST=unix:///here\n0\n');
});

test('a builder that the user chose stays', async t => {
	const {status} = await runWith(t, 'test "$DOCKER_BUILDKIT" = 1', {DOCKER_BUILDKIT: '1'});
	t.is(status, 0);
});

test('its exit status is Compose\'s', async t => {
	t.is((await runWith(t, 'exit 17')).status, 17);
	t.is((await runWith(t, 'kill -KILL $$')).status, 137);
});

test('Compose gets a signal to the group once: from the terminal, or without one from this command', async t => {
	const group = async (isTerminal: boolean) => {
		const {directory} = await runWith(t, 'read -r _ _ _ _ group _ </proc/$$/stat; echo $group >group', {}, isTerminal);
		return readFile(path.join(directory, 'group'), 'utf8');
	};

	const [, , , , own] = (await readFile('/proc/self/stat', 'utf8')).split(' ');
	t.is(await group(true), `${own}\n`);
	t.not(await group(false), `${own}\n`);
});

test('without Compose there is none to run', async t => {
	t.is(await firstExecutable(composeCandidates({DOCKER_CONFIG: '/nothing', PATH: '/nothing'}).filter(file => file.startsWith('/nothing'))), undefined);
});

test('an engine that takes connections and never answers is named, with TLS, too', async t => {
	const clients: net.Socket[] = [];
	const server = net.createServer(client => {
		clients.push(client);
		client.on('error', () => undefined).resume();
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.close();
		for (const client of clients) {
			client.destroy();
		}
	});
	const certificates = await mkdtemp(path.join(tmpdir(), 'holm-'));
	t.teardown(async () => rm(certificates, {recursive: true, force: true}));
	await writeFile(path.join(certificates, 'ca.pem'), rootCertificates[0]!);
	const host = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
	for (const environment of [{}, {HOLM_CERT_PATH: certificates}]) {
		await t.throwsAsync(openDockerHost({
			host, environment, limitMs: 500, onFailure: () => undefined,
		}), {code: 'unavailable', message: /127\.0\.0\.1:\d+ does not answer/v});
	}

	t.is(clients.length, 2);
});
