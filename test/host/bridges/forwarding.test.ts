import {spawn} from 'node:child_process';
import {once} from 'node:events';
import process from 'node:process';
import {type ExecutionContext} from 'ava';
import {closeNamespace, namespaceNameOf, openNamespace} from '../../../source/host/bridges/namespace.js';
import {
	ipBatch,
	nft,
	runIn,
	sysctl,
} from '../../../source/host/bridges/programs.js';
import {
	ask,
	listen,
	makeHost,
	makeNeighbour,
	makeRoot,
	testInNamespaces,
} from './laboratory.js';

/** A simulated host between the outside world and another network. Both listen and have routes to each other. */
const makeRouter = async (t: ExecutionContext) => {
	const [root, {host, outside}] = await Promise.all([makeRoot(t), makeHost(t)]);
	const inner = await makeNeighbour(t, host, {device: 'lan0', network: '198.51.100'});
	t.teardown(async () => closeNamespace(root, {host}));
	await ipBatch(['route add 198.51.100.0/24 via 203.0.113.1'], {namespace: outside});
	await Promise.all([outside, inner].map(async namespace => listen(t, namespace, 'tcp', 80)));
	const stateOf = async () => {
		const {stdout} = await runIn('ip', ['-4', 'netconf', 'show'], {namespace: host});
		const {stdout: ruleset} = await runIn('nft', ['-s', 'list', 'ruleset'], {namespace: host});
		return {parameters: stdout.split('\n').toSorted(), ruleset};
	};

	return {
		root, host, outside, inner, stateOf,
		/** Whether the outside world reaches the host's other network, and the other way round. */
		crosses: async () => [await ask(outside, '198.51.100.2') !== '', await ask(inner, '203.0.113.2') !== ''],
		isForwarding: async () => (await runIn('cat', ['/proc/sys/net/ipv4/ip_forward'], {namespace: host})).stdout.trim() === '1',
	};
};

testInNamespaces('a host forwards for Holm only, and not at all after closing', async t => {
	const {root, host, stateOf, crosses, isForwarding} = await makeRouter(t);
	const before = await stateOf();
	t.deepEqual(await crosses(), [false, false]);
	const engine = await openNamespace(root, {host});
	t.is(await ask(engine.path, '203.0.113.2'), '203.0.113.1');
	t.is(await ask(engine.path, '198.51.100.2'), '198.51.100.1');
	t.deepEqual(await crosses(), [false, false]);
	t.false(await isForwarding(), 'what others read as the wish of the administrator stays');
	const late = await makeNeighbour(t, host, {device: 'late0', network: '192.0.2'});
	await listen(t, late, 'tcp', 80);
	t.is(await ask(engine.path, '192.0.2.2'), '192.0.2.1', 'devices that come later forward the answers too');
	await ipBatch(['link delete dev late0'], {namespace: host});
	await closeNamespace(root, {host});
	t.deepEqual(await stateOf(), before);
	t.deepEqual(await crosses(), [false, false]);
});

testInNamespaces('a host that forwards continues to forward everything', async t => {
	const {root, host, stateOf, crosses} = await makeRouter(t);
	await sysctl({'net.ipv4.ip_forward': 1}, {namespace: host});
	const before = await stateOf();
	const engine = await openNamespace(root, {host});
	t.is(await ask(engine.path, '203.0.113.2'), '203.0.113.1');
	t.deepEqual(await crosses(), [true, true]);
	await closeNamespace(root, {host});
	t.deepEqual(await stateOf(), before);
});

testInNamespaces('a program that enables forwarding later is not blocked, and forwarding stays on', async t => {
	const {root, host, crosses, isForwarding} = await makeRouter(t);
	await openNamespace(root, {host});
	await sysctl({'net.ipv4.ip_forward': 1}, {namespace: host});
	await openNamespace(root, {host});
	t.deepEqual(await crosses(), [true, true]);
	await closeNamespace(root, {host});
	t.deepEqual(await crosses(), [true, true]);
	t.true(await isForwarding());
});

testInNamespaces('devices that forwarded before still do, and the last of two engines puts back the others', async t => {
	const {root, host, stateOf, crosses} = await makeRouter(t);
	const other = await makeRoot(t);
	t.teardown(async () => closeNamespace(other, {host}));
	await sysctl({'net.ipv4.conf.lan0.forwarding': 1}, {namespace: host});
	const before = await stateOf();
	await openNamespace(root, {host});
	const second = await openNamespace(other, {host});
	// The answers of the outside world come in on a device that did not forward before.
	t.deepEqual(await crosses(), [false, false]);
	await runIn('nft', ['flush', 'ruleset'], {namespace: host});
	await openNamespace(other, {host});
	t.deepEqual(await crosses(), [false, false], 'a table that was lost is there again');
	await closeNamespace(root, {host});
	t.is(await ask(second.path, '203.0.113.2'), '203.0.113.1');
	await closeNamespace(other, {host});
	t.deepEqual(await stateOf(), before);
});

/** Opens the namespace of this root and watches the host's network namespace, in a process for which that is its own. */
const watch = async (t: ExecutionContext, root: string, host: string): Promise<void> => {
	const moduleOf = (name: string) => JSON.stringify(new URL(`../../../source/host/bridges/${name}.js`, import.meta.url));
	const program = `
		import {openNamespace, repairHostSide} from ${moduleOf('namespace')};
		import {watchHost} from ${moduleOf('host-watch')};
		const namespace = await openNamespace(${JSON.stringify(root)});
		const repair = async () => repairHostSide(${JSON.stringify(root)}, namespace);
		await watchHost({device: namespace.hostDevice, rules: namespace.hostRules, repair, log: console.error, intervalMs: 20});
		console.log('watching');
		process.stdin.resume();
	`;
	const engine = spawn('nsenter', [`--net=${host}`, process.execPath, '--input-type=module', '--eval', program], {stdio: ['pipe', 'pipe', 'inherit']});
	const ended = once(engine, 'exit');
	t.teardown(async () => {
		engine.kill();
		await ended;
	});
	await once(engine.stdout, 'data');
};

testInNamespaces('other packets pass as soon as another program enables forwarding', async t => {
	const {root, host, crosses, isForwarding} = await makeRouter(t);
	await watch(t, root, host);
	t.deepEqual(await crosses(), [false, false]);
	await sysctl({'net.ipv4.ip_forward': 1}, {namespace: host});
	let crossed = await crosses();
	for (let attempt = 0; attempt < 20 && !crossed.every(Boolean); attempt++) {
		crossed = await crosses();
	}

	t.deepEqual(crossed, [true, true]);
	await sysctl({'net.ipv4.ip_forward': 0}, {namespace: host});
	let seen = '';
	for (let attempt = 0; attempt < 20 && seen === ''; attempt++) {
		seen = await ask(`/run/netns/${namespaceNameOf(root)}`, '203.0.113.2');
	}

	t.is(seen, '203.0.113.1');
	t.deepEqual(await crosses(), [false, false]);
	t.false(await isForwarding());
});

testInNamespaces('a firewall that is started, flushed or restarted does not block a running engine', async t => {
	const {root, host, stateOf} = await makeRouter(t);
	await watch(t, root, host);
	const engine = `/run/netns/${namespaceNameOf(root)}`;
	const whole = await stateOf();
	const isOut = async () => {
		for (let attempt = 0; attempt < 60; attempt++) {
			if (await ask(engine, '203.0.113.2') === '203.0.113.1') {
				return true;
			}
		}

		return false;
	};

	t.true(await isOut());
	await runIn('iptables', ['-w', '-P', 'FORWARD', 'DROP'], {namespace: host});
	t.true(await isOut(), 'as ufw enable does');
	await runIn('iptables', ['-w', '-F', 'FORWARD'], {namespace: host});
	t.true(await isOut(), 'as ufw reload does');
	await nft('flush ruleset\ntable inet filter { chain forward { type filter hook forward priority 0; policy drop; }\n}\n', {namespace: host});
	t.true(await isOut(), 'as a restart of nftables does');
	await nft('flush ruleset\n', {namespace: host});
	t.true(await isOut());
	for (let attempt = 0; attempt < 200 && (await stateOf()).ruleset !== whole.ruleset; attempt++) {
		// Each check runs a program.
	}

	t.deepEqual(await stateOf(), whole);
});
