import {execFileSync} from 'node:child_process';
import {mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {buffer, text} from 'node:stream/consumers';
import {
	DockerComposeEnvironment,
	GenericContainer,
	Network,
	Wait,
	type StartedNetwork,
	type StartedTestContainer,
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
		.withCopyContentToContainer([{content: 'early\n', target: '/www/early', mode: 0o640}])
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

	test('a container is stopped and kept, or removed; its network after it', async t => {
		const stopped = await server.stop({remove: false, timeout: 1000});
		t.is((await world.engine.container(stopped.getId())).status.state, 'exited');
		await world.remove(stopped.getId());
		await network.stop();
		t.false((await world.engine.networks()).some(({id}) => id === network.getId()));
	});

	test('a Compose environment', async t => {
		t.timeout(5 * 60_000);
		const directory = path.join(world.directory, 'environment');
		await mkdir(directory);
		await writeFile(path.join(directory, 'compose.yaml'), await readFile(new URL('../../../../demos/compose/dev-container/compose.yaml', import.meta.url)));
		const environment = await new DockerComposeEnvironment(directory, 'compose.yaml')
			.withProjectName('environment')
			.withWaitStrategy('store-1', Wait.forLogMessage(/Ready to accept connections/v))
			.up(['store']);
		const store = environment.getContainer('store-1');
		t.is((await store.exec(['redis-cli', 'ping'])).output, 'PONG\n');
		await environment.down({timeout: 1000});
		t.false((await world.engine.containers()).some(({name}) => name.startsWith('environment-')));
	});
};
