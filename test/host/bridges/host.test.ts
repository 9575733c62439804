import {chmod, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {hostUpstreams} from '../../../source/host/bridges/routes.js';
import {rulesetOf} from '../../../source/host/bridges/ruleset.js';
import {ensureTunIsOpen} from '../../../source/host/bridges/tun.js';
import {makeRoot} from './laboratory.js';

test('upstreams are those that a namespace can reach, behind a stub those of the second file', async t => {
	const root = await makeRoot(t);
	const [stub, real] = [path.join(root, 'stub'), path.join(root, 'real')];
	await writeFile(stub, '# managed\nnameserver 127.0.0.53\noptions edns0\n');
	await writeFile(real, 'search lan\n nameserver\t192.0.2.53 \nnameserver 192.0.2.53\nnameserver fe80::1%eth0\nnameserver 198.51.100.7\n#nameserver 192.0.2.99\n');
	t.deepEqual(await hostUpstreams([stub, real]), ['192.0.2.53', '198.51.100.7']);
	t.deepEqual(await hostUpstreams([real, stub]), ['192.0.2.53', '198.51.100.7']);
	t.deepEqual(await hostUpstreams([stub, path.join(root, 'missing')]), []);
});

test('a name that is not a device\'s and an address that is none never reach a ruleset', t => {
	const link = {device: 'host', hostAddress: '198.18.0.1'};
	t.throws(() => rulesetOf({link: {...link, device: 'x" accept; #'}, bridges: [], taps: []}), {code: 'internal'});
	t.throws(() => rulesetOf({
		link,
		bridges: [{
			bridge: 'br-1', subnet: '192.168.64.0/24', gateway: '192.168.64.1 accept', internal: false,
		}],
		taps: [],
	}), {code: 'invalid'});
	t.throws(() => rulesetOf({
		link,
		bridges: [],
		taps: [{
			tap: 'tap-1', bridge: 'br-1', mac: '02:00:00:00:00:01 }', address: '192.168.64.2',
		}],
	}), {code: 'invalid'});
});

const rootTest = process.getuid?.() === 0 ? test : test.skip;

rootTest('the tun device is made open to all, or the failure says what to do', async t => {
	const root = await makeRoot(t);
	const device = path.join(root, 'net', 'tun');
	await ensureTunIsOpen(device);
	await chmod(device, 0o600);
	await ensureTunIsOpen(device);
	const {mode} = await stat(device);
	t.is(mode % 0o1000, 0o666);
});
