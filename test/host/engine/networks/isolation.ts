import {createServer} from 'node:http';
import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import {get} from '../fetch.js';
import type {World} from '../world.js';

const serve = ['httpd', '-f', '-h', '/data'];

/** What containers can reach, and what they cannot. On the default network there is `plain`, from the tests of names. */
export const isolationTests = (world: World): void => {
	const addressOf = async (name: string, network: string) => {
		const {attachments} = await world.engine.container(name);
		return attachments.find(attachment => attachment.network === network)!.address;
	};

	/** With its own timeout a static wget crashes; without a timeout it would wait for minutes. */
	const page = async (from: string, url: string) => world.exec(from, 'timeout', '3', 'wget', '-q', '-O', '-', url);

	const canFetch = async (from: string, host: string) => {
		const {status, stdout} = await page(from, `http://${host}/seed/first`);
		return status === 0 && stdout === 'from the image\n';
	};

	/** A server listens a moment after its process runs. */
	const willFetch = async (from: string, host: string) => world.until(async () => canFetch(from, host), isFetched => isFetched);

	world.test('networks are isolated, by name and by address', async t => {
		await world.holm('network', 'create', 'left');
		await world.holm('network', 'create', '--subnet', '10.219.7.0/24', '--gateway', '10.219.7.254', '--ip-range', '10.219.7.64/28', 'right');
		await world.holm('run', '-d', '--name', 'aa', '--network', 'left', 'box', ...serve);
		await world.holm('run', '-d', '--name', 'bb', '--network', 'right', 'box', ...serve);
		const [a, b, plain] = [await addressOf('aa', 'left'), await addressOf('bb', 'right'), await addressOf('plain', 'bridge')];
		t.regex(b, /^10\.219\.7\.(?:6[4-9]|7\d)$/v, 'out of the range');
		t.true(await willFetch('aa', 'aa'));
		const ways = [['aa', 'bb'], ['bb', 'aa'], ['aa', b], ['bb', a], ['aa', plain], ['plain', a], ['plain', b]] as const;
		const open = await Promise.all(ways.map(async ([from, target]) => await canFetch(from, target) ? [`${from} to ${target}`] : []));
		t.deepEqual(open.flat(), []);

		t.regex((await world.run(['exec', 'aa', 'ping', '-c', '1', 'bb'])).stderr, /bad address 'bb'/v);
	});

	world.test('connect and disconnect: a running container is on several networks at once', async t => {
		await world.holm('network', 'connect', '--alias', 'bee', 'left', 'bb');
		t.true(await willFetch('aa', 'bb'));
		t.true(await willFetch('aa', 'bee'));
		t.true(await willFetch('bb', 'aa'), 'names of both networks');
		t.true(await willFetch('bb', 'bb'));
		const [network] = JSON.parse(await world.holm('network', 'inspect', 'left')) as ReadonlyArray<{readonly Containers: Readonly<Record<string, {readonly Name: string; readonly IPv4Address: string}>>}>;
		t.deepEqual(Object.values(network!.Containers).map(({Name}) => Name).toSorted(), ['aa', 'bb']);
		t.true(Object.values(network!.Containers).some(({IPv4Address}) => /^192\.168\.\d+\.\d+\/24$/v.test(IPv4Address)));
		t.regex((await world.run(['network', 'connect', 'left', 'bb'])).stderr, /^Error: .*already attached.*\n$/v);

		const address = await addressOf('bb', 'left');
		await world.holm('network', 'disconnect', 'left', 'bb');
		t.false(await canFetch('aa', 'bb'));
		t.false(await canFetch('aa', address));
		t.true(await willFetch('bb', 'bb'), 'the other network stays');

		await world.holm('network', 'disconnect', 'right', 'bb');
		t.deepEqual((await world.engine.container('bb')).attachments, []);
		await world.holm('network', 'connect', '--ip', '10.219.7.9', 'right', 'bb');
		t.is(await addressOf('bb', 'right'), '10.219.7.9');
		t.true(await willFetch('bb', '10.219.7.9'));
		t.regex(await world.holm('exec', 'bb', 'ip', 'route'), /^default via 10\.219\.7\.254/mv);
	});

	world.test('connect and disconnect: a stopped container', async t => {
		await world.holm('stop', '-t', '0', 'bb');
		await world.holm('network', 'connect', 'left', 'bb');
		await world.holm('network', 'disconnect', 'right', 'bb');
		t.regex((await world.run(['network', 'rm', 'left'])).stderr, /^Error: .*left.*active endpoints: aa \(.*\n$/v, 'not the one that is stopped');
		await world.holm('start', 'bb');
		t.true(await willFetch('aa', 'bb'));
		await world.holm('stop', '-t', '0', 'bb');
		await world.holm('rm', 'bb');
		await world.holm('network', 'rm', 'right');
		t.regex((await world.run(['network', 'inspect', 'right'])).stderr, /right not found/v);
	});

	world.test('spoofed addresses do not work', async t => {
		await world.holm('run', '-d', '--name', 'thief', '--network', 'left', '--cap-add', 'NET_ADMIN', 'box', 'sh', '-c', 'mkdir -p /own/seed; echo stolen >/own/seed/first; httpd -f -h /own');
		await world.holm('run', '-d', '--name', 'client', '--network', 'left', 'box', 'sleep', '600');
		const victim = await addressOf('aa', 'left');
		const own = await addressOf('thief', 'left');
		const {stdout: ownPage} = await world.until(async () => page('client', `http://${own}/seed/first`), ({status}) => status === 0);
		t.is(ownPage, 'stolen\n', 'its own page at its own address');

		const {mac} = (await world.engine.container('aa')).attachments[0]!;
		await world.holm('exec', 'thief', 'ip', 'address', 'add', `${victim}/24`, 'dev', 'eth0');
		await world.run(['exec', 'thief', 'arping', '-U', '-c', '2', '-I', 'eth0', victim]);
		await world.holm('exec', '--privileged', 'client', 'ip', 'neigh', 'flush', 'all');
		t.is((await page('client', `http://${victim}/seed/first`)).stdout, 'from the image\n');
		t.not((await world.run(['exec', 'thief', 'ping', '-c', '1', '-W', '2', '-I', victim, await addressOf('client', 'left')])).status, 0);

		await world.holm('stop', '-t', '0', 'aa');
		await world.run(['exec', '--privileged', 'client', 'ip', 'neigh', 'flush', 'all']);
		t.not((await page('client', `http://${victim}/seed/first`)).status, 0, 'not even while its owner is stopped');

		await world.holm('exec', 'thief', 'sh', '-c', `ip address del ${victim}/24 dev eth0; ip link set eth0 down; ip link set eth0 address ${mac}; ip link set eth0 up`);
		t.not((await page('client', `http://${own}/seed/first`)).status, 0);
		await world.remove('thief', 'client', 'aa');
	});

	world.test('the host has a name, and an internal network is isolated from it', async t => {
		const server = createServer((request, response) => {
			response.end(`the host, asked by ${request.socket.remoteAddress}\n`);
		}).listen(0, '0.0.0.0');
		await once(server, 'listening');
		const {port} = server.address() as AddressInfo;
		t.teardown(() => {
			server.close();
		});
		await world.holm('network', 'create', '--internal', 'inner');
		await world.holm('run', '-d', '--name', 'outer', '--network', 'left', '-p', '127.0.0.1::80', 'box', ...serve);
		await world.holm('run', '-d', '--name', 'in', '--network', 'inner', 'box', ...serve);
		await world.holm('run', '-d', '--name', 'in2', '--network', 'inner', 'box', 'sleep', '600');
		t.regex((await page('outer', `http://host.container.internal:${port}/`)).stdout, /^the host, asked by /v);
		const hostAddress = /^Address: (?<address>[\d.]+)$/mv.exec(await world.holm('exec', 'outer', 'nslookup', 'host.container.internal'))!.groups!.address!;
		t.regex((await page('plain', `http://${hostAddress}:${port}/`)).stdout, /^the host/v, 'by address from the default network');
		t.regex((await page('plain', `http://host.container.internal:${port}/`)).stdout, /^the host/v, 'and by name');
		const published = (await world.holm('port', 'outer', '80')).split(':').at(-1)!;
		const publishedPage = await world.until(async () => get(`http://127.0.0.1:${published}/seed/first`).catch(String), text => text.startsWith('from'));
		t.is(publishedPage, 'from the image\n');

		t.true(await willFetch('in2', 'in'));
		t.not((await page('in2', `http://${hostAddress}:${port}/`)).status, 0);
		t.not((await page('in2', `http://host.container.internal:${port}/`)).status, 0);
		t.notRegex(await world.holm('exec', 'in2', 'ip', 'route'), /^default/mv);
		t.not((await world.run(['exec', 'in2', 'nslookup', 'example.test'])).status, 0, 'its queries are not forwarded');

		await world.holm('network', 'connect', 'left', 'in2');
		t.regex((await page('in2', `http://${hostAddress}:${port}/`)).stdout, /^the host/v, 'through another network');
		t.true(await willFetch('in2', 'in'));
		await world.holm('network', 'disconnect', 'left', 'in2');
		t.not((await page('in2', `http://${hostAddress}:${port}/`)).status, 0);
		await world.remove('outer', 'in', 'in2', 'plain');
		await world.holm('network', 'rm', 'left', 'inner');
	});
};
