import process from 'node:process';
import {processesWith} from '../traces.js';
import type {World} from '../world.js';

/** Names on networks and their DNS records. */
export const nameTests = (world: World): void => {
	const addressOf = async (name: string, network: string) => {
		const {attachments} = await world.engine.container(name);
		return attachments.find(attachment => attachment.network === network)!.address;
	};

	const lookUp = async (from: string, name: string) => {
		const {stdout} = await world.exec(from, 'nslookup', name);
		return [...stdout.matchAll(/^Address: (?<address>[\d.]+)$/gmv)].map(({groups}) => groups!.address!);
	};

	const serve = ['httpd', '-f', '-h', '/data'];

	world.test('names: published before the process starts and removed when it stops, case-insensitive, with aliases', async t => {
		await world.holm('network', 'create', 'net');
		const own = await world.holm('run', '--rm', '--name', 'self', '--network', 'net', 'box', 'nslookup', 'self');
		t.regex(own, /Address: 192\.168\.\d+\.\d+$/mv);

		const id = await world.holm('run', '-d', '--name', 'Web', '--hostname', 'www', '--network', 'net,alias=shop', '--network-alias', 'store', 'box', ...serve);
		await world.holm('run', '-d', '--name', 'client', '--network', 'net', 'box', 'sleep', '600');
		const address = await addressOf('Web', 'net');
		for (const name of ['Web', 'web', 'WEB', 'www', 'shop', 'store', id.slice(0, 12)]) {
			t.deepEqual(await lookUp('client', name), [address], name);
		}

		const {stdout} = await world.until(async () => world.exec('client', 'wget', '-q', '-O', '-', 'http://shop/seed/first'), ({status}) => status === 0);
		t.is(stdout, 'from the image\n');
		const table = await world.holm('network', 'dns', 'net');
		t.regex(table, new RegExp(`^shop +A +${address.replaceAll('.', String.raw`\.`)} +[1-5] +${id.slice(0, 12)}$`, 'mv'));
		t.regex(table, /^host\.container\.internal +A /mv);
		t.regex((await world.run(['exec', 'client', 'nslookup', address])).stdout, /name = web$/imv, 'and back');

		await world.holm('rename', 'Web', 'renamed');
		t.deepEqual(await lookUp('client', 'renamed'), [address]);
		t.deepEqual(await lookUp('client', 'Web'), []);
		await world.holm('stop', '-t', '0', 'renamed');
		t.deepEqual(await lookUp('client', 'renamed'), []);
		t.deepEqual(await lookUp('client', 'shop'), []);
		t.notRegex(await world.holm('network', 'dns', 'net'), /shop/v);
		const missing = await world.run(['exec', 'client', 'ping', '-c', '1', 'renamed']);
		t.regex(missing.stderr, /ping: bad address 'renamed'/v);
		await world.holm('start', 'renamed');
		t.deepEqual(await lookUp('client', 'shop'), [await addressOf('renamed', 'net')]);
		await world.remove('renamed');
	});

	world.test('names: an alias of two containers resolves in rotation', async t => {
		for (const name of ['one', 'two']) {
			await world.holm('run', '-d', '--name', name, '--network', 'net', '--network-alias', 'both', 'box', 'sleep', '600');
		}

		const answers = [];
		for (let count = 0; count < 6; count++) {
			answers.push(await lookUp('client', 'both'));
		}

		const addresses = [await addressOf('one', 'net'), await addressOf('two', 'net')];
		t.true(answers.every(answer => answer.length === 2 && addresses.every(address => answer.includes(address))));
		t.deepEqual([...new Set(answers.map(([first]) => first!))].toSorted(), addresses.toSorted(), 'each is the first at times');
		await world.remove('one', 'two');
	});

	world.test('the default network has addresses and no names', async t => {
		await world.holm('run', '-d', '--name', 'plain', '-e', 'COLOUR=blue', '--expose', '8000', '--expose', '53/udp', 'box', ...serve);
		await world.holm('run', '-d', '--name', 'other', '--link', 'plain:my-site', '-e', 'MY_SITE_ENV_COLOUR=own', 'box', 'sleep', '600');
		t.deepEqual(await lookUp('other', 'plain'), []);
		const address = await addressOf('plain', 'bridge');
		for (const command of ['env', 'tr "\\0" "\\n" </proc/1/environ']) {
			const {stdout: variables} = await world.exec('other', 'sh', '-c', command);
			t.deepEqual(variables.split('\n').filter(variable => /^MY_SITE_(?:ENV_COLOUR|NAME|PORT|PORT_8000_TCP_PORT|PORT_53_UDP_ADDR)=/v.test(variable)).toSorted(), [
				'MY_SITE_ENV_COLOUR=own', 'MY_SITE_NAME=/other/my-site', `MY_SITE_PORT=tcp://${address}:80`, `MY_SITE_PORT_53_UDP_ADDR=${address}`, 'MY_SITE_PORT_8000_TCP_PORT=8000',
			], command);
		}

		const url = 'http://my-site/seed/first';
		const {stdout} = await world.until(async () => world.exec('other', 'wget', '-q', '-O', '-', url), ({status}) => status === 0);
		t.is(stdout, 'from the image\n');
		await world.remove('other');
	});

	world.test('a name server that dies is restarted', async t => {
		const worker = (await world.traces()).processes.length;
		const found = (await processesWith(world.root)).find(({words}) => words.some(word => word.endsWith('name-server-worker.js')));
		process.kill(found!.pid, 'SIGKILL');
		t.deepEqual(await world.until(async () => lookUp('client', 'client'), ({length}) => length > 0), [await addressOf('client', 'net')]);
		t.is((await world.traces()).processes.length, worker);
		await world.remove('client');
		await world.holm('network', 'rm', 'net');
	});
};
