import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {freePort} from '../../api/helpers/free-port.js';
import {startStandIn} from './stand-in/server.js';

const cli = fileURLToPath(new URL('../../../cli.js', import.meta.url));

type Ended = {readonly status: number; readonly stdout: string; readonly stderr: string};

test('commands, each in a process of its own', async t => {
	const standIn = await startStandIn();
	t.teardown(standIn.close);
	const holm = async (...words: readonly string[]) => new Promise<Ended>(resolve => {
		const child = execFile(process.execPath, [cli, ...words], {env: {...standIn.environment, HOLM_HOST: 'apple'}, timeout: 30_000}, (error, stdout, stderr) => {
			resolve({status: error ? Number(error.code ?? 255) : 0, stdout, stderr});
		});
		child.stdin!.end('typed\n');
	});

	const {stdout: id, status} = await holm('run', '-d', '--name', 'web', 'alpine/bash', 'sh', '-c', 'echo hello; sleep 1000');
	t.is(status, 0);
	t.regex(id, /^[\da-f]{64}\n$/v);
	t.is((await holm('ps', '--format', '{{.Names}}')).stdout, 'web\n');
	t.is((await holm('logs', 'web')).stdout, 'hello\n');
	t.like(await holm('exec', 'web', 'sh', '-c', 'echo in; exit 4'), {stdout: 'in\n', status: 4});
	t.like(await holm('run', '--rm', 'alpine/bash', 'sh', '-c', 'echo out; echo err >&2; exit 3'), {stdout: 'out\n', stderr: 'err\n', status: 3});
	t.like(await holm('run', '--rm', '-i', 'alpine/bash', 'sh', '-c', 'read x; echo "<$x>"'), {stdout: '<typed>\n', status: 0});
	const waiting = holm('wait', 'web');
	t.is((await holm('stop', '-t', '0', 'web')).status, 0);
	t.is((await waiting).stdout, '137\n');
	t.is((await holm('rm', 'web')).status, 0);
	const {stderr} = await holm('pause', 'web');
	t.regex(stderr, /No such container: web/v);
	t.is((await holm('ps', '-aq')).stdout, '');

	// The steps of the tutorial that need no machines.
	t.is((await holm('network', 'create', 'myapp-net')).stdout, 'Network \'myapp-net\' created.\n');
	const start = async (name: string, ...words: readonly string[]) => holm('run', '--network', 'myapp-net', '--name', name, ...words, '-d', 'alpine/bash', 'sleep', '1000');
	t.is((await start('my-redis-db')).status, 0);
	const port = String(await freePort());
	t.is((await start('my-web', '-p', `${port}:8000`, '-e', 'REDIS_HOST=my-redis-db')).status, 0);
	const {stdout: names} = await holm('exec', 'my-web', 'cat', '/etc/hosts');
	const [network] = JSON.parse((await holm('network', 'inspect', 'myapp-net')).stdout) as ReadonlyArray<{
		readonly Containers: Readonly<Record<string, {readonly Name: string; readonly IPv4Address: string}>>;
	}>;
	const addresses = Object.values(network!.Containers).toSorted((one, other) => one.Name.localeCompare(other.Name));
	t.deepEqual(addresses.map(({Name}) => Name), ['my-redis-db', 'my-web']);
	t.true(names.includes(`${addresses[0]!.IPv4Address.replace('/24', '')}\tmy-redis-db `), names);
	const taken = await start('my-web-2', '-p', `${port}:8000`);
	t.regex(taken.stderr, new RegExp(`Bind for 0\\.0\\.0\\.0:${port} failed: port is already allocated`, 'v'));
	t.regex((await holm('network', 'rm', 'myapp-net')).stderr, /network myapp-net .*my-redis-db/v);
	t.is((await holm('ps', '-a', '--format', '{{.Names}}')).stdout, 'my-web\nmy-redis-db\n', 'what could not start is gone');
	t.is((await holm('rm', '-f', 'my-web', 'my-redis-db')).status, 0);
	t.is((await holm('network', 'rm', 'myapp-net')).status, 0);
	t.is((await holm('network', 'ls', '-q')).stdout, 'bridge\n');
});
