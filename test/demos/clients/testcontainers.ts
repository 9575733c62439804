import {execFileSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, readFile, writeFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import process from 'node:process';
import {Readable} from 'node:stream';
import {buffer, text} from 'node:stream/consumers';
import {
	DockerComposeEnvironment,
	GenericContainer,
	Network,
	Wait,
	getContainerRuntimeClient,
	ImageName,
	type StartedDockerComposeEnvironment,
	type StartedNetwork,
	type StartedTestContainer,
	type StoppedTestContainer,
} from 'testcontainers';
import type {World} from '../../host/engine/world.js';

const dockerfile = `FROM alpine/bash
ARG WORD=none
COPY . /www/
RUN echo "$WORD" >/www/word
LABEL made.by=test
EXPOSE 8080
HEALTHCHECK --interval=1s --retries=60 CMD test -e /tmp/ready
`;

const serve = 'trap exit TERM; echo "begins: $GREETING"; echo no error >&2; httpd -p 8080 -h /www; touch /tmp/ready; sleep infinity & wait';

/** Testcontainers of npm, with few containers: each test uses those of the tests before it. */
export const testcontainersTests = (
	world: World,
	environmentOf: () => Readonly<Record<string, string>>,
	reason: string | undefined,
): void => {
	let network: StartedNetwork;
	let server: StartedTestContainer;
	let stopped: StoppedTestContainer;
	let environment: StartedDockerComposeEnvironment;
	let consumed = '';
	const define = (): GenericContainer => new GenericContainer('testcontainers-server')
		.withNetwork(network)
		.withNetworkAliases('site', 'page')
		.withName('testcontainers-server')
		.withHostname('islet')
		.withLabels({purpose: 'a test'})
		.withEnvironment({GREETING: 'hello'})
		.withExposedPorts(8080)
		.withCommand(['sh', '-c', serve])
		.withTmpFs({'/scratch': 'rw,size=1m'})
		.withBindMounts([{source: path.join(world.directory, 'testcontainers'), target: '/host', mode: 'ro'}])
		.withUlimits({nofile: {soft: 512, hard: 600}})
		.withAddedCapabilities('SYS_TIME')
		.withDroppedCapabilities('MKNOD')
		.withExtraHosts([{host: 'elsewhere', ipAddress: '192.0.2.7'}])
		.withResourcesQuota({cpu: 1, memory: 0.25})
		.withWorkingDir('/www')
		.withSharedMemorySize(2 ** 23)
		.withSecurityOpt('no-new-privileges')
		.withPlatform('linux/amd64')
		.withCopyContentToContainer([{content: 'early\n', target: '/www/early', mode: 0o640}])
		.withCopyFilesToContainer([{source: path.join(world.directory, 'testcontainers/page'), target: '/www/first', mode: 0o604}])
		.withCopyDirectoriesToContainer([{source: path.join(world.directory, 'testcontainers'), target: '/www/directory'}])
		.withLogConsumer(lines => {
			lines.on('data', (chunk: string) => {
				consumed += chunk;
			});
		})
		.withStartupTimeout(180_000)
		.withReuse()
		.withWaitStrategy(Wait.forAll([
			Wait.forLogMessage('begins: hello'),
			Wait.forListeningPorts(),
			Wait.forHttp('/word', 8080).forResponsePredicate(body => body === 'from the test\n'),
			Wait.forHealthCheck(),
			Wait.forSuccessfulCommand('test -e /tmp/ready'),
		]));
	const get = async (file: string) => (await fetch(`http://${server.getHost()}:${server.getMappedPort(8080)}/${file}`)).text();
	const inside = async (...command: readonly string[]) => (await server.exec([...command])).output.trim();

	const test = (title: string, ...[implementation]: [Parameters<World['test']>[1]]) => {
		world.test(`testcontainers: ${title}`, implementation, reason);
	};

	test('an image is built from a Dockerfile, with an argument, without what .dockerignore names', async t => {
		// The image of its reaper is not to be had without a registry. Where tests run in a container themselves, it would look for ports at a gateway.
		Object.assign(process.env, {...environmentOf(), TESTCONTAINERS_RYUK_DISABLED: 'true', TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1'});
		const context = path.join(world.directory, 'testcontainers');
		await mkdir(context);
		for (const [name, content] of Object.entries({Dockerfile: dockerfile, '.dockerignore': 'secret\n', secret: 'no\n', page: 'a page\n'})) {
			await writeFile(path.join(context, name), content);
		}

		await GenericContainer.fromDockerfile(context).withBuildArgs({WORD: 'from the test'}).build('testcontainers-server', {deleteOnExit: false});
		const {configuration} = await world.engine.image('testcontainers-server');
		t.is(configuration.labels['made.by'], 'test');
	});

	test('it waits for a line, a port, a page, a health check and a command', async t => {
		t.timeout(5 * 60_000);
		network = await new Network().start();
		server = await define().start();
		t.is(server.getName(), '/testcontainers-server');
	});

	test('another Dockerfile, up to one of its stages, and one with an error', async t => {
		const context = path.join(world.directory, 'testcontainers');
		await writeFile(path.join(context, 'stages'), 'FROM scratch AS first\nLABEL stage=first\nFROM first\nCOPY missing /\n');
		await GenericContainer.fromDockerfile(context, 'stages').withTarget('first').withCache(false).build('testcontainers-stage', {deleteOnExit: false});
		t.is((await world.engine.image('testcontainers-stage')).configuration.labels.stage, 'first');
		await t.throwsAsync(GenericContainer.fromDockerfile(context, 'stages').build('testcontainers-none', {deleteOnExit: false}));
	});

	test('the runtime, its images, and a container by its label', async t => {
		const {info, image, container} = await getContainerRuntimeClient();
		t.is(info.containerRuntime.operatingSystemType, 'linux');
		t.true(info.containerRuntime.cpus > 0 && info.containerRuntime.memory > 0);
		t.deepEqual(await Promise.all(['testcontainers-server', 'testcontainers-none'].map(async name => image.exists(ImageName.fromString(name)))), [true, false]);
		t.is((await container.fetchByLabel('purpose', 'a test', {status: ['running']}))?.id, server.getId());
		t.is(await container.fetchByLabel('purpose', 'another'), undefined);
	});

	test('an image that is not to be had', async t => {
		const registry = createServer((_request, response) => {
			response.writeHead(404).end();
		}).listen(0, '127.0.0.1');
		await once(registry, 'listening');
		const {port} = registry.address() as AddressInfo;
		await t.throwsAsync(new GenericContainer(`127.0.0.1:${port}/none:1`).start());
		registry.close();
	});

	test('a network that is disposed of', async t => {
		const other = await new Network().start();
		t.true((await world.engine.networks()).some(({id}) => id === other.getId()));
		await other[Symbol.asyncDispose]();
		t.false((await world.engine.networks()).some(({id}) => id === other.getId()));
	});

	test('a port by its protocol, and one that is not exposed', t => {
		t.is(server.getMappedPort('8080/tcp'), server.getMappedPort(8080));
		t.is(server.getMappedPort(8080, 'tcp'), server.getMappedPort(8080));
		t.throws(() => server.getMappedPort(8081));
		t.throws(() => server.getMappedPort('8080/udp'));
	});

	test('its health, as it was waited for', async t => {
		t.is((await world.engine.container(server.getId())).health?.status, 'healthy');
		const {container} = await getContainerRuntimeClient();
		t.is((await container.inspect(container.getById(server.getId()))).State.Health?.Status, 'healthy');
	});

	test('published ports', async t => {
		t.is(server.getFirstMappedPort(), server.getMappedPort(8080));
		t.is(await get('page'), 'a page\n');
		t.is((await fetch(`http://127.0.0.1:${server.getFirstMappedPort()}/secret`)).status, 404);
	});

	test('names, labels, addresses', async t => {
		t.is(server.getHostname(), 'islet');
		t.is(server.getLabels().purpose, 'a test');
		// With aliases, it is created on the default network and then connected.
		t.deepEqual(server.getNetworkNames().toSorted(), ['bridge', network.getName()].toSorted());
		t.is(server.getNetworkId(network.getName()), network.getId());
		t.true((await inside('ip', '-o', 'address')).includes(` ${server.getIpAddress(network.getName())}/`));
	});

	test('mounts, limits, capabilities and hosts', async t => {
		t.is(await inside('cat', '/host/page'), 'a page');
		t.not((await server.exec(['touch', '/host/new'])).exitCode, 0);
		t.is(await inside('sh', '-c', 'df -k /scratch | tail -n 1 | tr -s " " | cut -d " " -f 2; ulimit -Sn; ulimit -Hn'), '1024\n512\n600');
		const effective = BigInt(`0x${(await inside('sed', '-n', String.raw`s/^CapEff:\s*//p`, '/proc/1/status'))}`);
		t.deepEqual([25n, 27n].map(bit => (effective >> bit) & 1n), [1n, 0n]);
		t.regex(await inside('cat', '/etc/hosts'), /^192\.0\.2\.7\s+elsewhere$/mv);
		const {configuration} = await world.engine.container('testcontainers-server');
		t.is(configuration.memory, 2 ** 28);
	});

	test('the working directory, shared memory and security options', async t => {
		t.is(await inside('sh', '-c', 'pwd; df -k /dev/shm | tail -n 1 | tr -s " " | cut -d " " -f 2; grep NoNewPrivs /proc/1/status'), '/www\n8192\nNoNewPrivs:\t1');
	});

	test('what is copied before the start is there, with its mode', async t => {
		t.is(await inside('sh', '-c', 'cat first directory/page directory/secret; stat -c %a first'), 'a page\na page\nno\n604');
	});

	test('a consumer gets the log from its beginning', async t => {
		t.regex(await world.until(() => consumed, all => all.includes('no error')), /^begins: hello$/mv);
	});

	test('exec: a command that is not there, and one line of text', async t => {
		t.is((await server.exec(['no-such-command'])).exitCode, 127);
		t.is((await server.exec('cat early')).stdout, 'early\n');
	});

	test('exec: much output', async t => {
		const {stdout} = await server.exec(['sh', '-c', 'head -c 1000000 /dev/zero | tr "\\0" x']);
		t.is(stdout.length, 1_000_000);
	});

	test('exec: streams, status, user, directory and environment', async t => {
		const {stdout, stderr, exitCode} = await server.exec(['sh', '-c', 'echo out; echo error >&2; exit 3']);
		t.deepEqual({stdout, stderr, exitCode}, {stdout: 'out\n', stderr: 'error\n', exitCode: 3});
		const {output} = await server.exec(['sh', '-c', 'id -u; pwd; echo $WORD'], {user: 'nobody', workingDir: '/var', env: {WORD: 'given'}});
		t.is(output, '65534\n/var\ngiven\n');
	});

	test('content, files and directories are copied in, with modes', async t => {
		const context = path.join(world.directory, 'testcontainers');
		await server.copyContentToContainer([{content: 'late\n', target: '/www/late'}]);
		await server.copyFilesToContainer([{source: path.join(context, 'page'), target: '/www/copy', mode: 0o600}]);
		await server.copyDirectoriesToContainer([{source: context, target: '/www/all'}]);
		t.is(await inside('sh', '-c', 'cd /www; cat early late copy all/secret; stat -c %a early copy'), 'early\nlate\na page\nno\n640\n600');
	});

	test('an archive is copied in, and a directory out', async t => {
		const source = path.join(world.directory, 'testcontainers');
		await server.copyArchiveToContainer(Readable.from([execFileSync('tar', ['-c', '-C', source, 'page'])]), '/scratch');
		const archive = await buffer(await server.copyArchiveFromContainer('/scratch'));
		t.is(execFileSync('tar', ['-xO', 'scratch/page'], {input: archive, encoding: 'utf8'}), 'a page\n');
	});

	test('an archive is copied out', async t => {
		const archive = await buffer(await server.copyArchiveFromContainer('/www/early'));
		t.is(execFileSync('tar', ['-xO', 'early'], {input: archive, encoding: 'utf8'}), 'early\n');
	});

	test('logs: a stream that follows', async t => {
		const lines = await server.logs({tail: 1});
		let output = '';
		lines.on('data', (chunk: string) => {
			output += chunk;
		});
		// Its connection does not keep the process alive, so that an event alone is not waited for.
		t.regex(await world.until(() => output, all => all !== ''), /^(?:no error|begins: hello)\n$/v);
		lines.destroy();
	});

	test('a container is used again', async t => {
		const again = await define().start();
		t.is(again.getId(), server.getId());
	});

	test('a container restarts with its files', async t => {
		t.timeout(5 * 60_000);
		await inside('rm', '/tmp/ready');
		await server.restart({timeout: 1000});
		t.is(await get('late'), 'late\n');
	});

	test('an image is made of a container', async t => {
		await server.commit({repo: 'testcontainers-copy', tag: 'new', deleteOnExit: false, changes: ['ENV MADE=yes']});
		const {configuration} = await world.engine.image('testcontainers-copy:new');
		t.true(configuration.environment.includes('MADE=yes'));
	});

	test('a container that ends, and reaches another by an alias', async t => {
		t.timeout(5 * 60_000);
		const client = await new GenericContainer('testcontainers-copy:new')
			.withNetwork(network)
			.withCommand(['sh', '-c', 'cat /www/copy; for name in site page; do wget -q -O - http://$name:8080/word; done; echo $MADE'])
			.withWaitStrategy(Wait.forOneShotStartup())
			.start();
		t.is(await text(await client.logs()), 'a page\nfrom the test\nfrom the test\nyes\n');
		await client.stop();
		t.false((await world.engine.containers()).some(({id}) => id === client.getId()));
	});

	test('a container that fails while it is waited for', async t => {
		t.timeout(5 * 60_000);
		const failing = new GenericContainer('testcontainers-copy:new').withCommand(['sh', '-c', 'exit 3']).withWaitStrategy(Wait.forOneShotStartup());
		await t.throwsAsync(failing.start(), {message: /failed to start|exit/iv});
	});

	test('a container is stopped and kept', async t => {
		stopped = await server.stop({remove: false, timeout: 1000});
		t.is((await world.engine.container(stopped.getId())).status.state, 'exited');
	});

	test('a file of a stopped container is copied out', async t => {
		const archive = await buffer(await stopped.copyArchiveFromContainer('/www/late'));
		t.is(execFileSync('tar', ['-xO', 'late'], {input: archive, encoding: 'utf8'}), 'late\n');
	});

	test('a network is removed after its containers', async t => {
		await world.remove(stopped.getId());
		await network.stop();
		t.false((await world.engine.networks()).some(({id}) => id === network.getId()));
	});

	test('a Compose environment: one of its services', async t => {
		t.timeout(5 * 60_000);
		const directory = path.join(world.directory, 'environment');
		await mkdir(directory);
		await writeFile(path.join(directory, 'compose.yaml'), await readFile(new URL('../../../../demos/compose/dev-container/compose.yaml', import.meta.url)));
		environment = await new DockerComposeEnvironment(directory, 'compose.yaml')
			.withProjectName('environment')
			.withWaitStrategy('store-1', Wait.forLogMessage(/Ready to accept connections/v))
			.up(['store']);
		const store = environment.getContainer('store-1');
		t.is((await store.exec(['redis-cli', 'ping'])).output, 'PONG\n');
		t.throws(() => environment.getContainer('other-1'));
	});

	test('a Compose environment is stopped, and removed', async t => {
		t.timeout(5 * 60_000);
		await environment.stop();
		const store = (await world.engine.containers({all: true})).find(({name}) => name.startsWith('environment-'));
		t.is(store?.status.state, 'exited');
		await environment.down({timeout: 1000});
		t.false((await world.engine.containers({all: true})).some(({name}) => name.startsWith('environment-')));
	});
};
