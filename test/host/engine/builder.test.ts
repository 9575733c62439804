import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {
	copyFile,
	mkdir,
	readFile,
	rm,
	symlink,
	writeFile,
} from 'node:fs/promises';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {namespaceNameOf} from '../../../source/host/bridges/namespace.js';
import {newKey} from '../../../source/host/machines/ssh/key.js';
import {run as execute} from '../../../source/host/run.js';
import {pathsOf} from '../../../source/host/store/paths.js';
import {findPlugin} from '../../hosts/userland.js';
import {createClient, missingClient} from './docker/client.js';
import {pythonTests} from './docker/python.js';
import {openWorld} from './world.js';

const buildKit = {DOCKER_BUILDKIT: '1', BUILDKIT_PROGRESS: 'plain'};

const buildx = await findPlugin('docker-buildx');

if (missingClient === undefined) {
	const world = openWorld({withBuilder: true});

	/** Writes a build context. */
	const contextOf = async (name: string, files: Readonly<Record<string, string>>): Promise<string> => {
		const directory = path.join(world.directory, name);
		await mkdir(directory, {recursive: true});
		for (const [file, text] of Object.entries(files)) {
			await writeFile(path.join(directory, file), text);
		}

		return directory;
	};

	const start = (words: readonly string[], limitMs = 150_000) => createClient(world).start(words, {environment: buildKit, limitMs});

	const build = async (...arguments_: readonly string[]): Promise<string> => {
		const {status, stdout, stderr} = await start(['build', ...arguments_]).ended;
		if (status !== 0) {
			throw new Error(`docker build ${arguments_.join(' ')}: status ${status}: ${stderr}${stdout}`);
		}

		return stderr + stdout;
	};

	const status = async () => world.engine.builder!.status();

	const whenUnused = async () => world.until(status, ({connections}) => connections === 0);

	/** Resolves when a build has written a text. */
	const says = async (building: ReturnType<typeof start>, pattern: RegExp) =>
		world.until(() => building.stderr() + building.stdout(), text => pattern.test(text), 120_000);

	world.test('builder: a client with BuildKit builds on images that only the engine has, with secrets and caches', async t => {
		t.timeout(180_000);
		await world.engine.builder!.update({keepSeconds: 600});
		t.is((await status()).state, 'absent');
		if (buildx !== undefined) {
			// Also the way of newer clients to BuildKit; earlier ones have their own.
			const plugins = path.join(world.directory, 'docker/cli-plugins');
			await mkdir(plugins, {recursive: true});
			await copyFile(buildx, path.join(plugins, 'docker-buildx'));
		}

		const {docker} = createClient(world);
		await docker('tag', 'box', 'registry.example/team/base:2');
		const directory = await contextOf('first', {
			Dockerfile: 'FROM registry.example/team/base:2 AS other\nARG WHO\nRUN --mount=type=secret,id=token --mount=type=cache,target=/cache cat /run/secrets/token >/token && echo "$WHO" >/cache/who && cp /cache/who /who\nFROM box\nCOPY --from=other /token /who /\nCOPY word /\nHEALTHCHECK CMD true\nCMD ["cat", "/token", "/who", "/word"]\n',
			word: 'of the context\n',
		});
		await writeFile(path.join(world.directory, 'token'), 'secret\n');
		const said = await build('--tag', 'first', '--tag', 'registry.example/team/first:1', '--secret', `id=token,src=${world.directory}/token`, '--build-arg', 'WHO=ada', directory);
		t.regex(said, /naming to docker.io\/library\/first/v);
		// The first question about a result may be any.
		await docker('tag', 'first', 'first:copy');
		await docker('rmi', 'first:copy');
		t.is(await docker('run', '--rm', 'first'), 'secret\nada\nof the context');
		t.is(await docker('image', 'inspect', '--format', '{{.Id}}', 'first'), await docker('image', 'inspect', '--format', '{{.Id}}', 'registry.example/team/first:1'));
		t.is(await docker('image', 'inspect', '--format', '{{join .Config.Healthcheck.Test " "}}', 'first'), 'CMD-SHELL true');
		t.notRegex(await readFile(pathsOf(world.root).daemonLog, 'utf8'), /as a whole/v);
		await whenUnused();
	});

	world.test('builder: it is in no list, and in the disk usage', async t => {
		const {docker} = createClient(world);
		t.is((await status()).state, 'running');
		t.is(await docker('ps', '-aq'), '');
		t.is(await docker('network', 'ls', '--format', '{{.Name}}'), 'bridge');
		t.is(await docker('container', 'prune', '--force'), 'Total reclaimed space: 0B');
		t.regex(await world.holm('system', 'df'), /^Build Cache /mv);
		t.regex(await world.holm('builder', 'ls'), /^running +1 +1GiB +4GiB /mv);
		t.regex((await world.run(['network', 'rm', 'holm-builder'])).stderr, /pre-defined network/v);
		t.regex((await world.run(['rm', '-f', 'holm-builder'])).stderr, /is the builder.*\(holm builder rm\)$/mv);
		t.regex((await world.run(['create', '--network', 'holm-builder', 'box'])).stderr, /network of the builder/v);
	});

	world.test('builder: buildx finds the results of before in the cache, and writes to the client', async t => {
		t.timeout(120_000);
		const client = createClient(world);
		const directory = await contextOf('second', {Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n'});
		const output = path.join(world.directory, 'output');
		const {status: code, stderr} = await client.start(['buildx', 'build', '--output', `type=local,dest=${output}`, directory], {environment: buildKit}).ended;
		t.is(code, 0, stderr);
		t.is((await execute('cat', [path.join(output, 'Dockerfile')])).stdout, 'FROM scratch\nCOPY Dockerfile /\n');
		const again = await client.start(['buildx', 'build', '--tag', 'again', '--secret', `id=token,src=${world.directory}/token`, '--build-arg', 'WHO=ada', path.join(world.directory, 'first')], {environment: buildKit}).ended;
		t.regex(again.stderr, /CACHED/v);
		t.is(await client.docker('image', 'inspect', '--format', '{{.Id}}', 'again'), await client.docker('image', 'inspect', '--format', '{{.Id}}', 'first'));
		await whenUnused();
	}, buildx === undefined ? 'needs Debian 13\'s docker-buildx: npm test fetches it' : undefined);

	world.test('builder: steps reach neither the host, nor other containers, nor the addresses of metadata, nor the engine\'s images', async t => {
		t.timeout(120_000);
		const {docker} = createClient(world);
		const server = createServer((_request, response) => {
			response.end('here');
		}).listen(0, '0.0.0.0');
		await once(server, 'listening');
		try {
			const {port} = server.address() as AddressInfo;
			const {stdout} = await execute('ip', ['-4', '-oneline', 'address', 'show', 'dev', namespaceNameOf(world.root)]);
			const host = /inet (?<address>[\d.]+)/v.exec(stdout)!.groups!.address!;
			await docker('run', '-d', '--name', 'near', 'box', 'nc', '-lk', '-p', '80', '-e', 'echo', 'here');
			const near = await docker('inspect', '--format', '{{.NetworkSettings.IPAddress}}', 'near');
			const ask = (address: string, to: number) => `(printf 'GET / HTTP/1.0\\r\\n\\r\\n'; sleep 2) | timeout 3 nc ${address} ${to} | tail -n 1`;
			// A container does reach the host.
			t.is(await docker('run', '--rm', 'box', 'sh', '-c', ask(host, port)), 'here');
			const asked = [[host, port], [near, 80], ['169.254.169.254', 80], ['172.31.255.1', 60_443], ['192.168.64.1', port]] as const;
			const directory = await contextOf('hostile', {
				Dockerfile: `FROM box\nRUN ${asked.map(([address, to], index) => `(${ask(address, to)} >/${index}) & `).join('')} wait; cat /[0-9]* >/heard; date -s 2001-01-01; mount -t tmpfs none /mnt; ls /dev/vda; touch /done\n`,
			});
			await build('--tag', 'hostile', directory);
			t.is(await docker('run', '--rm', 'hostile', 'sh', '-c', 'cat /heard; ls /done'), '/done');
		} finally {
			server.close();
			await docker('rm', '-f', 'near');
		}
	});

	world.test('builder: holm builds with secrets, and fails in one line', async t => {
		t.timeout(150_000);
		const directory = await contextOf('own', {
			Containerfile: 'FROM box\nARG WHO\nRUN --mount=type=ssh,id=key,required=true --mount=type=secret,id=token --mount=type=secret,id=WORD test -S "$SSH_AUTH_SOCK" && cat /run/secrets/token /run/secrets/WORD >/said; echo "$WHO" >>/said; test "$(ulimit -n)" = 77; ! nslookup nowhere.example >/dev/null 2>&1 && printf unended\nCOPY . /context\n',
			'.dockerignore': 'ignored\n',
			ignored: '',
			word: '',
		});
		await writeFile(path.join(world.directory, 'key'), newKey().privateKey, {mode: 0o600});
		const {stdout} = await world.run(['build', '-t', 'own', '--build-arg', 'WHO=eve', '--secret', `id=token,src=${world.directory}/token`, '--secret', 'id=WORD', '--ssh', `key=${world.directory}/key`, '--ulimit', 'nofile=77', '--network', 'none', directory], {environment: {WORD: 'of the environment'}});
		t.regex(stdout, /^#\d+ \[2\/3\] RUN .*\n(?:.*\n)*#\d+ \d+\.\d+ unended\n#\d+ DONE \d+\.\ds\n(?:.*\n)*Successfully built [\da-f]{12}\nSuccessfully tagged own:latest\n$/mv);
		t.is(await world.holm('run', '--rm', 'own', 'sh', '-c', 'cat /said; ls /context'), 'secret\nof the environmenteve\nContainerfile\nword');
		const all = await world.holm('images', '-aq');
		for (const [name, dockerfile, reason] of [
			['second-step', 'FROM box\nCOPY Dockerfile /\nRUN echo second step; false\n', /step 3\/3, RUN echo second step; false: The command '\/bin\/sh -c echo second step; false' returned a non-zero code: 1/v],
			['no-file', 'FROM box\nCOPY no-such-file /\n', /no-such-file/v],
			['no-base', 'FROM 127.0.0.1:1/nothing\n', /127\.0\.0\.1:1.*\(pull or tag the image first/v],
		] as const) {
			const {status: code, stderr} = await world.run(['build', '-t', 'failed', await contextOf(name, {Dockerfile: dockerfile})]);
			t.is(code, 1, stderr);
			t.regex(stderr, /^Error: Build failed[^\n]+ \([^\n]+\)\n$/v, name);
			t.regex(stderr, reason);
		}

		// What a build gives lands nowhere else.
		const output = path.join(world.directory, 'files');
		const files = await contextOf('files-of', {Dockerfile: 'FROM box AS made\nRUN mkdir -p /made/in /made/out && echo hi >/made/in/file && ln -s in /made/link\nFROM scratch\nCOPY --from=made /made /\n'});
		await world.holm('build', '-o', output, files);
		t.is(await readFile(path.join(output, 'link/file'), 'utf8'), 'hi\n');
		t.is((await world.run(['build', '-o', '-', files])).stdout.slice(257, 262), 'ustar');
		await rm(path.join(output, 'out'), {recursive: true});
		await symlink(world.directory, path.join(output, 'out'));
		t.regex((await world.run(['build', '-o', output, files])).stderr, /^Error: cannot overwrite \S+\/out with a directory/mv);
		t.is(await world.holm('images', '-aq'), all);

		// A registry that lets nobody in, and keeps what it was asked.
		const {id} = await status();
		const registry = 'end=$(printf "\\r"); while read -r line && [ "$line" != "$end" ]; do echo "$line" >>/tmp/asked; done; printf "HTTP/1.1 401 Unauthorized\\r\\nWWW-Authenticate: Basic realm=x\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n"\n';
		await world.exec(id!, 'sh', '-c', 'printf %s "$1" >/tmp/registry; socat TCP4-LISTEN:5001,bind=127.0.0.1,fork EXEC:"sh /tmp/registry" >/dev/null 2>&1 & until grep -q :1389 /proc/net/tcp; do :; done', 'sh', registry);
		await mkdir(path.join(world.directory, 'config/holm'), {recursive: true});
		const login = Buffer.from('ada:word').toString('base64');
		await writeFile(path.join(world.directory, 'config/holm/auth.json'), JSON.stringify({auths: {'127.0.0.1:5001': {auth: login}}}));
		const locked = await world.run(['build', await contextOf('locked', {Dockerfile: 'FROM 127.0.0.1:5001/x\n'})], {environment: {XDG_CONFIG_HOME: path.join(world.directory, 'config')}});
		t.regex(locked.stderr, /401 Unauthorized \(check the name, or log in/v);
		t.true((await world.exec(id!, 'cat', '/tmp/asked')).stdout.includes(`Authorization: Basic ${login}`));
		t.is(await world.holm('images', '-aq'), all);
		t.is((await world.run(['build', '-t', 'NOT A NAME', directory])).status, 1);
		// An image of the engine is a base for its own platform alone, and what is copied has the platform's name.
		const foreign = await world.run(['build', '--platform', 'linux/arm64', await contextOf('foreign', {Dockerfile: 'FROM box\nCOPY Dockerfile /\n'})]);
		t.regex(foreign.stderr, /^Error: Build failed: docker\.io\/library\/box:latest: no match for platform/v);
		await world.holm('build', '-t', 'foreign', '--platform', 'linux/arm64', await contextOf('crossed', {Dockerfile: 'FROM --platform=$BUILDPLATFORM box AS own\nRUN echo hi >/hi\nFROM scratch\nCOPY --from=own /hi /\n'}));
		t.is((await world.engine.image('foreign')).architecture, 'arm64');
	});

	world.test('builder: it builds as the classic builder does, with limits for single steps', async t => {
		t.timeout(150_000);
		const {docker} = createClient(world);
		const directory = await contextOf('classic', {Dockerfile: 'FROM box\nRUN cat /sys/fs/cgroup/memory.max >/limit; ! nc -w 1 172.31.255.1 60443\nCOPY word /word\nCMD ["cat", "/word", "/limit"]\n', word: 'built\n'});
		t.regex(await docker('build', '-t', 'made', '--memory', '64m', directory), /^Step 1\/4 : FROM box\n(?:.*\n)*Successfully built [\da-f]{12}\nSuccessfully tagged made:latest$/mv);
		t.is(await docker('run', '--rm', 'made'), 'built\n67108864');
		t.regex((await createClient(world).run(['build', '--cgroup-parent', '/daemon', directory])).stderr, /the steps of all builds are in one control group/v);
		const failed = await createClient(world).run(['build', await contextOf('classic-failed', {Dockerfile: 'FROM box\nRUN exit 7\n'})]);
		t.is(failed.status, 7);
		t.regex(failed.stderr, /The command '\/bin\/sh -c exit 7' returned a non-zero code: 7/v);
	});

	// It builds, too.
	pythonTests(world);

	world.test('builder: builds at the same time; a client that is killed ends its own; one may fork without end or fill the disk', async t => {
		t.timeout(180_000);
		const endless = await contextOf('endless', {Dockerfile: 'FROM box\nRUN echo begun; sleep 600\n'});
		const full = await contextOf('full', {Dockerfile: 'FROM box\nRUN fallocate -l 3400m /big && dd if=/dev/zero of=/rest bs=1M\n'});
		const killed = start(['build', endless]);
		await says(killed, /begun/v);
		const {builder} = world.engine;
		// The shell may execute its last command without a process of its own.
		const processes = await world.until(async () => builder!.steps(), listed => listed.some(({command}) => command === 'sleep 600'));
		t.true(processes.every(({step}) => step === 1));
		t.regex(await world.holm('builder', 'ls'), /^1 +\d+ +\d+\w +sleep 600$/mv);
		const snapshot = await world.engine.snapshot({stats: true});
		t.like(snapshot.builder, {status: {state: 'running'}, container: {name: 'holm-builder', role: 'builder'}});
		t.true(snapshot.stats[snapshot.builder!.status.id!]!.memoryBytes > 0);
		const bomb = await contextOf('bomb', {Dockerfile: 'FROM box\nRUN b() { b | b & }; b; sleep 60\n'});
		const bombing = start(['build', bomb]);
		await says(bombing, /can't fork/v);
		bombing.kill('SIGKILL');
		const refused = await start(['build', full]).ended;
		t.not(refused.status, 0);
		t.regex(refused.stderr, /[Nn]o space left on device/v);
		killed.kill('SIGKILL');
		await whenUnused();
		await build('--quiet', await contextOf('third', {Dockerfile: 'FROM box\nLABEL third=1\n'}));
	});

	world.test('builder: it is killed, and the daemon is killed, during builds: both say so, and the next build works', async t => {
		t.timeout(240_000);
		const endless = path.join(world.directory, 'endless');
		const first = start(['build', endless]);
		await says(first, /begun/v);
		const {id} = await status();
		await world.engine.killContainer(id!);
		const one = await first.ended;
		t.not(one.status, 0);
		t.regex(one.stderr, /error|eof|closed|ended/iv);
		const second = start(['build', endless]);
		await says(second, /begun/v);
		const {stdout: pid} = await execute('sed', ['s/.*"pid":\\([0-9]*\\).*/\\1/', pathsOf(world.root).daemonPid]);
		process.kill(Number(pid), 'SIGKILL');
		t.not((await second.ended).status, 0);
		await world.holm('system', 'start');
		t.is((await status()).state, 'running');
		await build('--tag', 'last', await contextOf('last', {Dockerfile: 'FROM box\nLABEL last=1\n'}));
		t.is(await createClient(world).docker('image', 'inspect', '--format', '{{.Config.Labels.last}}', 'last'), '1');
	});

	world.longTest('builder: a context of 20,000 files, by Docker\'s client and by holm', async t => {
		t.timeout(20 * 60_000);
		const directory = await contextOf('monorepo', {Dockerfile: 'FROM box\nARG BY\nCOPY . /all\nRUN find /all -type f | wc -l >/count\n'});
		for (let module = 0; module < 200; module++) {
			await contextOf(`monorepo/module-${module}`, Object.fromEntries(Array.from({length: 100}, (_, index) => [`file-${index}`, `${module} ${index}\n`])));
		}

		const {status: code, stderr} = await start(['build', '--tag', 'monorepo', '--build-arg', 'BY=docker', directory], 8 * 60_000).ended;
		t.is(code, 0, stderr);
		await world.holm('build', '--tag', 'monorepo-too', '--build-arg', 'BY=holm', directory);
		t.is(await world.holm('run', '--rm', 'monorepo', 'cat', '/count'), '20001');
		t.is(await world.holm('run', '--rm', 'monorepo-too', 'cat', '/count', '/all/module-199/file-99'), '20001\n199 99');
	});

	world.test('builder: it stops when it is idle, and is removed', async t => {
		t.timeout(120_000);
		await whenUnused();
		t.regex((await world.run(['builder', 'update', '--cpus', '999'])).stderr, /\(give the builder a whole number/v);
		t.regex((await world.run(['builder', 'update', '--memory', '2g'])).stderr, /the builder runs \(stop it first: holm builder stop\)/v);
		await world.holm('builder', 'update', '--keep', '1s');
		await world.until(status, ({state}) => state === 'stopped');
		await world.holm('builder', 'rm');
		await world.engine.builder!.update({keepSeconds: 600});
		t.is((await status()).state, 'absent');
		t.regex((await world.run(['builder', 'logs'])).stderr, /there is no builder/v);
	});
} else {
	test.skip(`the builder with docker's client (${missingClient})`, t => {
		t.fail();
	});
}
