import {spawn} from 'node:child_process';
import {chmod, mkdtemp, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {checkRequirements} from '../../source/host/setup/requirements.js';
import {pathsOf} from '../../source/host/store/paths.js';
import {freePort} from '../api/helpers/free-port.js';
import {findDocker} from '../host/engine/docker/client.js';
import {layParts} from '../host/engine/parts.js';
import {assertTutorial} from './tutorial-output.js';

const project = fileURLToPath(new URL('../../../', import.meta.url));
const cli = path.join(project, 'dist/cli.js');

type Result = {readonly output: string; readonly status: number | null};

/** Standard output and standard error, interleaved as a terminal would show them. */
const run = async (file: string, arguments_: readonly string[], environment: Readonly<Record<string, string>>): Promise<Result> => {
	const child = spawn(file, arguments_, {env: {...process.env, ...environment}, stdio: ['ignore', 'pipe', 'pipe']});
	let output = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding('utf8');
		stream.on('data', (text: string) => {
			output += text;
		});
	}

	return new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('close', status => {
			resolve({output, status});
		});
	});
};

/** Why the tutorial cannot run here; undefined when it can. */
const obstacle = async (): Promise<string | undefined> => {
	if (process.platform !== 'linux' || process.getuid?.() !== 0) {
		return 'needs Linux and root';
	}

	const missing = (await checkRequirements('/tmp')).filter(({status, name}) => status === 'missing' && name !== 'kernel').map(({name}) => name);
	if (missing.length > 0) {
		return `needs ${missing.join(', ')}: holm setup installs them`;
	}

	return undefined;
};

const reason = await obstacle();
// Once more takes a minute.
const client = process.env.HOLM_LONG_TESTS ? await findDocker() : undefined;
const title = 'the tutorial, its challenge and its pitfalls, on an engine of its own';

if (reason === undefined) {
	test(title, async t => {
		t.timeout(10 * 60_000);
		const root = await mkdtemp('/tmp/ht-');
		// VMs run as other users and need access to the directories above.
		await chmod(root, 0o755);
		const holm = path.join(root, 'holm');
		const webPort = String(await freePort());
		const environment = {
			HOLM_ROOT: path.join(root, 'r'), HOLM: holm, HOLM_DEMO_FRESH: '1', HOLM_DEMO_OFFLINE: '1', HOLM_DEMO_WEB_PORT: webPort, HOLM_DEMO_NGINX_PORT: String(await freePort()),
		};
		await writeFile(holm, `#!/bin/sh\nexec "${process.execPath}" "${cli}" "$@"\n`, {mode: 0o755});
		t.teardown(async () => {
			await run(holm, ['system', 'stop', '--all'], environment);
			await rm(root, {recursive: true, force: true});
		});
		await layParts(environment.HOLM_ROOT, {withBuilder: true});
		const {output, status} = await run(path.join(project, 'demos/tutorial/run.sh'), [], environment);
		assertTutorial(t, {output, status}, webPort);
		t.regex(output, /network myapp-net id [\da-f]{12} has active endpoints: .*my-redis-db/v);
		const inspected = /network inspect myapp-net\n(?<json>\[\n.*?\n\])/sv.exec(output)?.groups?.json ?? '[]';
		const [network] = JSON.parse(inspected) as ReadonlyArray<{
			readonly Containers: Readonly<Record<string, {readonly Name: string; readonly IPv4Address: string}>>;
			readonly IPAM: {readonly Config: ReadonlyArray<{readonly Subnet: string}>};
		}>;
		const containers = Object.values(network?.Containers ?? {});
		t.deepEqual(containers.map(({Name}) => Name).toSorted(), ['my-redis-db', 'my-web']);
		t.true(containers.every(({IPv4Address}) => /^\d+\.\d+\.\d+\.\d+\/24$/v.test(IPv4Address)));
		t.is(new Set(containers.map(({IPv4Address}) => IPv4Address)).size, 2);
		t.regex(network?.IPAM.Config[0]?.Subnet ?? '', /^192\.168\.\d+\.0\/24$/v);

		const docker = path.join(root, 'docker');
		await writeFile(docker, `#!/bin/sh\nDOCKER_BUILDKIT=0 DOCKER_CONFIG="${root}/docker-config" exec "${client!}" -H "unix://${pathsOf(environment.HOLM_ROOT).socket}" "$@"\n`, {mode: 0o755});
		// Docker's client lists networks by id, so that `grep` does not find `bridge`.
		const repeated = client === undefined ? undefined : await run(path.join(project, 'demos/tutorial/run.sh'), [], {...environment, HOLM: docker, HOLM_DEMO_FRESH: ''});
		t.log(client === undefined ? 'not repeated with Docker\'s client, which npm run test:long does' : 'repeated with Docker\'s client');
		t.is(repeated?.status ?? 0, 0, repeated?.output.slice(-3000));
		t.true((repeated ?? {output}).output.includes('Hello from Flask! Connected to Redis at my-redis-db:6379 successfully!'));

		// Nothing was left over.
		const left = await run(holm, ['ps', '-aq'], environment);
		t.is(left.output, '');
		const networks = await run(holm, ['network', 'ls', '-q'], environment);
		t.is(networks.output, 'bridge\n');
	});
} else {
	test.skip(`${title} (${reason})`, t => {
		t.fail();
	});
}
