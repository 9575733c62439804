import {createSocket, type Socket} from 'node:dgram';
import {once} from 'node:events';
import net from 'node:net';
import {get} from '../fetch.js';
import type {World} from '../world.js';

const serve = ['httpd', '-f', '-h', '/data'];

/** The reply of a UDP server. Repeats the question until there is a reply, as datagrams may be lost, each from a new socket: the server has a `cat` for each client, which may join datagrams. */
const ask = async (port: number, text: string, address = '127.0.0.1'): Promise<string> => {
	const sockets: Socket[] = [];
	const answered = Promise.withResolvers<string>();
	const question = () => {
		const socket = createSocket('udp4');
		sockets.push(socket);
		socket.once('message', answer => {
			// Questions that came before the server listened may be answered together.
			answered.resolve(answer.toString().slice(0, text.length));
		});
		// Connected: answers from other addresses are not taken.
		socket.connect(port, address, () => {
			socket.send(text);
		});
	};

	const timer = setInterval(question, 100);
	const limit = setTimeout(answered.reject, 20_000, new Error(`no answer from port ${port} of UDP in 20 s`));
	try {
		return await answered.promise;
	} finally {
		clearInterval(timer);
		clearTimeout(limit);
		for (const socket of sockets) {
			socket.close();
		}
	}
};

const freePorts = async (count: number): Promise<number> => {
	for (let first = 42_000 + process.pid % 10_000; ; first += count) {
		const servers = await Promise.allSettled(Array.from({length: count}, async (_, index) => {
			const server = net.createServer().listen(first + index, '127.0.0.1');
			await once(server, 'listening');
			return server;
		}));
		for (const result of servers) {
			if (result.status === 'fulfilled') {
				result.value.close();
			}
		}

		if (servers.every(({status}) => status === 'fulfilled')) {
			return first;
		}
	}
};

/** Published ports, and the creation of networks. */
export const portTests = (world: World): void => {
	world.test('published ports: TCP and UDP, chosen, fixed, ranges, exposed ones', async t => {
		const first = await freePorts(4);
		const echo = 'socat UDP-LISTEN:9000,fork EXEC:cat & socat TCP-LISTEN:81,fork,reuseaddr EXEC:"echo at 81" & exec httpd -f -h /data';
		await world.holm('run', '-d', '--name', 'server', '-P', '-p', `127.0.0.1:${first}-${first + 1}:80-81`, '-p', `127.0.0.1:${first + 2}:9000/udp`, '-p', '9000/udp', 'box', 'sh', '-c', echo);
		await world.until(async () => get(`http://127.0.0.1:${first}/seed/first`).catch(String), text => text === 'from the image\n');
		const reply = await world.until(async () => {
			const socket = net.connect(first + 1, '127.0.0.1').on('error', () => undefined);
			const chunks = await Array.fromAsync(socket).catch(() => []);
			return chunks.join('');
		}, text => text !== '');
		t.is(reply, 'at 81\n');
		t.is(await ask(first + 2, 'over UDP'), 'over UDP');
		const ports = await world.holm('port', 'server');
		t.true(ports.includes(`80/tcp -> 127.0.0.1:${first}`), ports);
		const chosen = Number(/^9000\/udp -> 0\.0\.0\.0:(?<port>\d+)$/mv.exec(ports)?.groups!.port);
		t.is(await ask(chosen, 'chosen', '127.0.0.2'), 'chosen');
		t.regex(await world.holm('ps', '--format', '{{.Ports}}'), new RegExp(`127\\.0\\.0\\.1:${first}-${first + 1}->80-81/tcp`, 'v'));

		await world.holm('stop', '-t', '0', 'server');
		await t.throwsAsync(get(`http://127.0.0.1:${first}/seed/first`), {code: 'ECONNREFUSED'});
		t.deepEqual((await world.traces()).listeners.filter(listener => listener.includes(String(first))), []);
		await world.holm('start', 'server');
		await world.until(async () => get(`http://127.0.0.1:${first}/seed/first`).catch(String), text => text === 'from the image\n');
		await world.remove('server');
	});

	world.test('published ports and /etc/hosts follow a container from network to network', async t => {
		const first = await freePorts(2);
		for (const name of ['near', 'far']) {
			await world.holm('network', 'create', name);
		}

		for (const [index, name] of ['one', 'two'].entries()) {
			await world.holm('run', '-d', '--name', name, '--hostname', name, '--network', 'near', '-p', `127.0.0.1:${first + index}:80`, 'box', 'sh', '-c', 'mkdir /own; hostname > /own/name; exec httpd -f -h /own');
		}

		const pages = async () => Promise.all([first, first + 1].map(async port => get(`http://127.0.0.1:${port}/name`).catch(String)));
		const arePages = (texts: readonly string[]) => texts.join('') === 'one\ntwo\n';
		await world.until(pages, arePages);
		await world.holm('exec', 'one', 'sh', '-c', 'echo 203.0.113.1 added >> /etc/hosts');
		await world.holm('network', 'disconnect', 'near', 'one');
		await world.holm('network', 'disconnect', 'near', 'two');
		t.true((await pages()).every(text => text.includes('ECONNREFUSED')));
		await world.holm('network', 'connect', 'near', 'two');
		await world.holm('network', 'connect', 'near', 'one');
		await t.notThrowsAsync(world.until(pages, arePages));
		await world.holm('network', 'connect', 'far', 'one');
		await world.holm('network', 'disconnect', 'near', 'one');
		await t.notThrowsAsync(world.until(pages, arePages));
		const {attachments: [far]} = await world.engine.container('one');
		const hosts = await world.holm('exec', 'one', 'cat', '/etc/hosts');
		t.deepEqual(hosts.split('\n').filter(line => /\tone$|added$/v.test(line)), ['203.0.113.1 added', `${far!.address}\tone`]);
		await world.holm('rm', '-f', 'one', 'two');
		await world.holm('network', 'rm', 'near', 'far');
	});

	world.test('-P publishes what the image exposes', async t => {
		await world.holm('run', '-d', '--name', 'all', '-P', 'box', ...serve);
		const [, port = ''] = /^80\/tcp -> 0\.0\.0\.0:(?<port>\d+)\n80\/tcp -> \[::\]:\k<port>$/v.exec(await world.holm('port', 'all')) ?? [];
		await t.notThrowsAsync(world.until(async () => get(`http://127.0.0.1:${port}/seed/first`).catch(String), text => text === 'from the image\n'));
		await world.remove('all');
	});

	world.test('no network, a fixed address, a fixed MAC address', async t => {
		t.is(await world.holm('run', '--rm', '--network', 'none', 'box', 'ls', '/sys/class/net'), 'lo');
		await world.holm('network', 'create', '--label', 'kind=fixed', '--subnet', '10.221.0.0/16', 'wide');
		t.is(await world.holm('run', '--rm', '--network', 'wide', '--ip', '10.221.200.7', '--mac-address', '02:00:00:00:be:ef', 'box', 'sh', '-c', 'cat /sys/class/net/eth0/address; ip -o -4 address show eth0 | tr -s " " | cut -d " " -f 4'), '02:00:00:00:be:ef\n10.221.200.7/16');
		t.is(await world.holm('network', 'ls', '-q', '--filter', 'label=kind=fixed'), 'wide');
	});

	world.test('containers start while networks are created and removed', async t => {
		const names = ['meanwhile-1', 'meanwhile-2'];
		for (const name of names) {
			await world.holm('create', '--name', name, 'box', 'sleep', '600');
		}

		for (let round = 0; round < 2; round++) {
			const networks = Array.from({length: 6}, (_, index) => `round-${round}-${index}`);
			await t.notThrowsAsync(Promise.all([
				...networks.map(async name => {
					await world.engine.createNetwork({name, internal: false, labels: {}, driver: 'bridge'});
					await world.engine.removeNetwork(name);
				}),
				...names.map(async name => world.engine.startContainer(name)),
			]));
			await Promise.all(names.map(async name => world.engine.stopContainer(name, {timeoutSeconds: 0})));
		}

		await world.holm('rm', ...names);
	});

	world.test('network create, ls, inspect, prune', async t => {
		t.is(await world.holm('network', 'create', 'one'), 'Network \'one\' created.');
		await world.holm('create', '--name', 'user', '--network', 'one', 'box');
		t.deepEqual((await world.holm('network', 'ls', '-q')).split('\n'), ['bridge', 'wide', 'one']);
		const [found] = JSON.parse(await world.holm('network', 'inspect', 'wide')) as ReadonlyArray<Record<string, unknown>>;
		t.like(found, {
			Name: 'wide', Driver: 'bridge', Internal: false, Labels: {kind: 'fixed'}, Containers: {}, IPAM: {Config: [{Subnet: '10.221.0.0/16', Gateway: '10.221.0.1'}]},
		});
		t.regex(String(found!.Id), /^[\da-f]{64}$/v);
		t.true(Math.abs(Date.parse(String(found!.Created)) - Date.now()) < 120_000);
		t.regex(await world.holm('network', 'prune', '-f'), /wide[\s\S]*one/v, 'a container that does not run holds none');
		t.is(await world.holm('network', 'ls', '-q'), 'bridge');
		t.regex((await world.run(['start', 'user'])).stderr, /^Error: .*network one not found/v);
		await world.holm('rm', 'user');
		const {networks, devices} = await world.traces();
		t.is(networks.length, 1);
		t.is(devices.filter(device => device.startsWith('br-')).length, 1);
	});
};
