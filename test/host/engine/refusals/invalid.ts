import {writeFile} from 'node:fs/promises';
import net from 'node:net';
import dgram from 'node:dgram';
import {once} from 'node:events';
import path from 'node:path';
import type {World} from '../world.js';
import {checkRefusals} from './check.js';

/** Invalid requests and conflicts. */
export const invalidTests = (world: World): void => {
	world.test('names that are in use or invalid', async t => {
		await world.holm('create', '--name', 'taken', 'box');
		await world.holm('create', '--name', 'other', 'box');
		await world.holm('network', 'create', 'net');
		const taken = /"\/taken" is already in use/v;
		await checkRefusals(t, world, [
			[['run', '--name', 'taken', 'box', 'true'], 125, taken],
			[['create', '--name', 'taken', 'box', 'true'], 125, taken],
			[['rename', 'other', 'taken'], 1, taken],
			[['rename', 'other', 'other'], 1, /same name/v],
			[['rename', 'other', 'no name'], 1, /invalid container name/iv],
			[['run', '--name', 'two words', 'box', 'true'], 125, /invalid container name.*two words/iv],
			[['run', '--name', '../up', 'box', 'true'], 125, /invalid container name/iv],
			[['run', '--name', 'ümlaut', 'box', 'true'], 125, /invalid container name/iv],
			[['run', '--name', 'n'.repeat(200), 'box', 'true'], 125, /invalid container name/iv],
			[['network', 'create', 'net'], 1, /network with name net already exists/v],
			[['network', 'create', 'bridge'], 1, /already exists/v],
			[['network', 'create', 'none'], 1, /already exists/v],
			[['network', 'create', 'a/b'], 1, /invalid network name/iv],
			[['network', 'create', '--driver', 'overlay', 'n2'], 1, /driver "overlay"/v],
			[['volume', 'create', '../v'], 1, /invalid volume name/iv],
			[['run', '-v', 'a b:/x', 'box', 'true'], 125, /a b/v],
			[['run', '--network', 'net,alias=', 'box', 'true'], 125, /alias/v],
		]);
		await world.holm('rm', 'taken', 'other');
		await world.holm('network', 'rm', 'net');
	});

	world.test('subnets and addresses', async t => {
		await world.holm('network', 'create', '--subnet', '10.213.0.0/24', 'ten');
		// Only a running container has its addresses to itself.
		await world.holm('run', '-d', '--name', 'holder', '--network', 'ten,ip=10.213.0.9,mac=02:42:00:00:00:09', 'box', 'sleep', '1000');
		const create = (...flags: readonly string[]) => ['network', 'create', ...flags, 'wanted'];
		const run = (attachment: string) => ['run', '--network', attachment, 'box', 'true'];
		await checkRefusals(t, world, [
			[create('--subnet', '10.213.0.128/25'), 1, /10\.213\.0\.128\/25.*ten/v],
			[create('--subnet', '10.0.0.0/8'), 1, /10\.0\.0\.0\/8/v],
			[create('--subnet', '127.0.0.0/24'), 1, /127\.0\.0\.0\/24/v],
			[create('--subnet', '10.214.0.0'), 1, /10\.214\.0\.0/v],
			[create('--subnet', '10.214.0.0/33'), 1, /10\.214\.0\.0\/33/v],
			[create('--subnet', '10.214.0.256/24'), 1, /10\.214\.0\.256\/24/v],
			[create('--subnet', '10.214.0.0/31'), 1, /10\.214\.0\.0\/31/v],
			[create('--subnet', 'fd00::/64'), 1, /fd00::\/64/v],
			[create('--subnet', '10.214.0.0/24', '--gateway', '10.215.0.1'), 1, /10\.215\.0\.1/v],
			[create('--subnet', '10.214.0.0/24', '--ip-range', '10.215.0.0/28'), 1, /10\.215\.0\.0\/28/v],
			[create('--gateway', '10.214.0.1'), 1, /./v],
			[run('ten,ip=10.214.0.9'), 125, /10\.214\.0\.9/v],
			[run('ten,ip=10.213.0.9'), 125, /10\.213\.0\.9/v],
			[run('ten,ip=10.213.0.1'), 125, /10\.213\.0\.1/v],
			[run('ten,ip=10.213.0.0'), 125, /10\.213\.0\.0/v],
			[run('ten,ip=10.213.0.255'), 125, /10\.213\.0\.255/v],
			[run('ten,ip=ten'), 125, /ten/v],
			[run('ten,mac=02:42:00:00:00:09'), 125, /02:42:00:00:00:09/v],
			[run('ten,mac=01:00:5e:00:00:09'), 125, /01:00:5e:00:00:09/v],
			[run('ten,mac=mac'), 125, /mac/v],
			[run('ten,colour=red'), 125, /colour/v],
			[['run', '--network', 'ten', '--network', 'ten', 'box', 'true'], 125, /ten.*twice/v],
			[['network', 'connect', '--ip', '10.213.0.9', 'ten', 'holder'], 1, /ten/v],
			[['network', 'rm', 'ten'], 1, /network ten .*has active endpoints: holder/v],
			[['network', 'rm', 'bridge'], 1, /bridge is a pre-defined network/v],
			[['network', 'disconnect', 'bridge', 'holder'], 1, /not connected/v],
		]);
		await world.holm('rm', '-f', 'holder');
		await world.holm('network', 'rm', 'ten');
	});

	world.test('ports: out of range, in use by a container, in use by another program', async t => {
		const tcp = net.createServer().listen(0, '127.0.0.1');
		await once(tcp, 'listening');
		const {port} = tcp.address() as net.AddressInfo;
		const udp = dgram.createSocket('udp4').bind(0, '0.0.0.0');
		await once(udp, 'listening');
		await world.holm('run', '-d', '--name', 'web', '-p', '80', 'box', 'sleep', '600');
		const [, taken = ''] = /0\.0\.0\.0:(?<port>\d+)$/mv.exec(await world.holm('port', 'web', '80')) ?? [];
		t.regex(taken, /^\d+$/v);
		const run = (published: string) => ['run', '-d', '--name', 'refused', '-p', published, 'box', 'sleep', '600'];
		await checkRefusals(t, world, [
			[run('65536:80'), 125, /65536/v],
			[run('80:0'), 125, /80:0/v],
			[run('-1:80'), 125, /-1:80/v],
			[run('http:80'), 125, /http/v],
			[run('8000-8002:80-81'), 125, /8000-8002/v],
			[run('8000:80/sctp'), 125, /sctp/v],
			[run('300.0.0.1:8000:80'), 125, /300\.0\.0\.1/v],
			[run('192.0.2.77:8000:80'), 125, /192\.0\.2\.77/v],
			[run(`${taken}:80`), 125, new RegExp(`Bind for 0\\.0\\.0\\.0:${taken} failed: port is already allocated`, 'v')],
			[run(`${port}:80`), 125, new RegExp(`Bind for 0\\.0\\.0\\.0:${port} failed: port is already allocated`, 'v')],
			[run(`127.0.0.1:${port}:80`), 125, new RegExp(`Bind for 127\\.0\\.0\\.1:${port} failed: port is already allocated`, 'v')],
			[run(`${udp.address().port}:80/udp`), 125, new RegExp(`Bind for 0\\.0\\.0\\.0:${udp.address().port} failed: port is already allocated`, 'v')],
			[['run', '-d', '--name', 'refused', '-p', '8000:80', '-p', '8000:81', 'box', 'true'], 125, /8000.*twice/v],
		]);
		// A container created earlier can still be started later.
		await world.holm('create', '--name', 'later', '-p', `127.0.0.1:${port}:80`, 'box', 'sleep', '600');
		t.regex((await world.run(['start', 'later'])).stderr, /^Error: Bind for 127\.0\.0\.1:\d+ failed: port is already allocated[^\n]*\n$/v);
		const {lastExit} = await world.engine.container('later');
		t.like(lastExit, {exitCode: 128, cause: {kind: 'start', phase: undefined}});
		t.regex(lastExit!.cause.kind === 'start' ? lastExit!.cause.reason : '', /port is already allocated/v);
		tcp.close();
		udp.close();
		await world.holm('start', 'later');
		await world.remove('web', 'later');
	});

	world.test('mounts, sizes, limits, users', async t => {
		const kernel = path.join(world.directory, 'no-kernel');
		await writeFile(kernel, 'no kernel at all\n');
		const run = (...flags: readonly string[]) => ['run', ...flags, 'box', 'true'];
		await checkRefusals(t, world, [
			[run('--mount', 'type=bind,source=/no/such/source,target=/x'), 125, /bind source path does not exist: \/no\/such\/source/v],
			[run('-v', '/dev/zero:/x'), 125, /\/dev\/zero/v],
			[run('-v', '/tmp:relative'), 125, /relative/v],
			[run('-v', '/tmp:/'), 125, /nothing can be mounted on \//v],
			[run('-v', 'one:/x', '-v', 'two:/x'), 125, /\/x/v],
			[run('-v', '/tmp:/x:sometimes'), 125, /sometimes/v],
			[run('--mount', 'type=cloud,target=/x'), 125, /cloud/v],
			[run('--mount', 'source=/tmp'), 125, /source=\/tmp/v],
			[run('--tmpfs', 'relative'), 125, /relative/v],
			[run('-m', '4m'), 125, /Minimum memory limit allowed is 6MB/v],
			[run('-m', 'much'), 125, /much/v],
			[run('-m', '900t'), 125, /MiB/v],
			[run('--cpus', '0'), 125, /0/v],
			[run('--cpus', '4096'), 125, /4096/v],
			[run('--cpus', 'two'), 125, /two/v],
			[run('--cap-add', 'FLY'), 125, /FLY/v],
			[run('--cap-drop', 'FLY'), 125, /FLY/v],
			[run('--ulimit', 'nofile=9:1'), 125, /nofile/v],
			[run('--ulimit', 'wings=1'), 125, /wings/v],
			[run('--stop-signal', 'SIGWHAT'), 125, /SIGWHAT/v],
			[run('--restart', 'sometimes'), 125, /sometimes/v],
			[run('--rm', '--restart', 'always'), 125, /--rm.*--restart|--restart.*--rm/v],
			[run('-u', 'nobody-here'), 125, /unable to find user "nobody-here"/v],
			[run('-u', '0:no-group'), 125, /unable to find group "no-group"/v],
			[run('--platform', 'linux/s390x'), 125, /linux\/s390x/v],
			[run('--env-file', '/no/such/file'), 125, /\/no\/such\/file/v],
			[run('--kernel', '/no/such/kernel'), 125, /\/no\/such\/kernel/v],
			[run('--kernel', kernel), 125, /no-kernel/v],
			[run('--cidfile', kernel), 125, /no-kernel/v],
			[run('--add-host', 'no-address'), 125, /no-address/v],
			[run('--dns', 'name.server'), 125, /name\.server/v],
			[run('--hostname', 'two words'), 125, /two words/v],
			[run('-e', '=value'), 125, /=value/v],
		]);
	});
};
