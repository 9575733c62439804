import {type ExecutionContext} from 'ava';
import {bridgeNameOf, createBridge, tapNameOf} from '../../../source/host/bridges/bridge.js';
import {macOf} from '../../../source/host/bridges/mac.js';
import {closeNamespace, openNamespace} from '../../../source/host/bridges/namespace.js';
import {ipBatch, runIn} from '../../../source/host/bridges/programs.js';
import {applyRuleset, rulesetOf} from '../../../source/host/bridges/ruleset.js';
import {
	ask,
	canPing,
	listen,
	makeContainer,
	makeHost,
	makeRoot,
	testInNamespaces,
	type Lease,
} from './laboratory.js';

const networks = [
	{
		id: 'a', subnet: '192.168.64.0/24', gateway: '192.168.64.1', internal: false,
	},
	{
		id: 'b', subnet: '192.168.65.0/24', gateway: '192.168.65.1', internal: false,
	},
	{
		id: 'c', subnet: '192.168.66.0/24', gateway: '192.168.66.1', internal: true,
	},
].map(network => ({...network, bridge: bridgeNameOf(network.id.repeat(64))}));

const leaseOf = (index: number, address: string): Lease => {
	const {bridge, gateway} = networks[index]!;
	return {
		tap: tapNameOf(macOf(address).replaceAll(':', '').slice(4)), bridge, mac: macOf(address), address, gateway,
	};
};

const leases = {
	one: leaseOf(0, '192.168.64.2'),
	two: leaseOf(0, '192.168.64.3'),
	other: leaseOf(1, '192.168.65.2'),
	inner: leaseOf(2, '192.168.66.2'),
};

/** Three networks, the third one internal, and four containers on a made-up host. */
const makeEngine = async (t: ExecutionContext) => {
	const [root, {host, outside}] = await Promise.all([makeRoot(t), makeHost(t)]);
	t.teardown(async () => closeNamespace(root, {host}));
	const engine = await openNamespace(root, {host});
	for (const {bridge, gateway} of networks) {
		await createBridge(engine, {bridge, gateway, prefixLength: 24});
	}

	await applyRuleset(engine, rulesetOf({
		link: engine,
		bridges: networks,
		taps: Object.values(leases),
	}));
	const [one, two, other, inner] = await Promise.all([leases.one, leases.two, leases.other, leases.inner].map(async lease => makeContainer(t, engine, lease)));
	return {
		engine, host, outside, one: one!, two: two!, other: other!, inner: inner!,
	};
};

testInNamespaces('containers of one network reach one another, those of different networks do not', async t => {
	const {one, two, other, inner} = await makeEngine(t);
	await Promise.all([listen(t, two, 'tcp', 80), listen(t, other, 'tcp', 80), listen(t, inner, 'tcp', 80)]);
	t.is(await ask(one, leases.two.address), leases.one.address);
	t.deepEqual(await Promise.all([
		ask(one, leases.other.address),
		ask(one, leases.inner.address),
		ask(inner, leases.other.address),
		canPing(one, leases.other.address),
	]), ['', '', '', false]);
});

testInNamespaces('a gateway answers echo and DNS on its own network, and nothing else', async t => {
	const {engine, one, inner} = await makeEngine(t);
	await Promise.all([listen(t, engine.path, 'tcp', 53), listen(t, engine.path, 'udp', 53), listen(t, engine.path, 'tcp', 80)]);
	t.true(await canPing(one, '192.168.64.1'));
	t.is(await ask(one, '192.168.64.1', {port: 53}), leases.one.address);
	t.is(await ask(one, '192.168.64.1', {port: 53, protocol: 'udp'}), leases.one.address);
	t.is(await ask(inner, '192.168.66.1', {port: 53}), leases.inner.address);
	t.deepEqual(await Promise.all([
		ask(one, '192.168.64.1'),
		ask(one, '192.168.65.1', {port: 53}),
		ask(one, '192.168.65.1', {port: 53, protocol: 'udp'}),
		ask(one, engine.namespaceAddress, {port: 53}),
		canPing(one, '192.168.65.1'),
		ask(inner, '192.168.64.1', {port: 53}),
	]), ['', '', '', '', false, '']);
});

testInNamespaces('containers leave through the link with the address of the host, internal ones do not', async t => {
	const {engine, host, outside, one, inner} = await makeEngine(t);
	await Promise.all([listen(t, outside, 'tcp', 80), listen(t, host, 'tcp', 80)]);
	t.is(await ask(one, '203.0.113.2'), '203.0.113.1');
	t.is(await ask(one, engine.hostAddress), engine.namespaceAddress);
	t.is(await ask(one, '203.0.113.1'), engine.namespaceAddress);
	t.deepEqual(await Promise.all([
		ask(inner, '203.0.113.2'),
		ask(inner, engine.hostAddress),
		canPing(inner, '203.0.113.2'),
	]), ['', '', false]);
});

testInNamespaces('the host reaches every container from its address on the link, and the outside world reaches none', async t => {
	const {engine, host, outside, one, inner} = await makeEngine(t);
	await Promise.all([one, inner].flatMap(namespace => [listen(t, namespace, 'tcp', 80), listen(t, namespace, 'udp', 80)]));
	// An internal network's container may have no default route at all.
	await ipBatch(['route delete default'], {namespace: inner});
	t.is(await ask(host, leases.one.address, {from: engine.hostAddress}), '192.168.64.1');
	t.is(await ask(host, leases.one.address, {from: engine.hostAddress, protocol: 'udp'}), '192.168.64.1');
	t.is(await ask(host, leases.inner.address, {from: engine.hostAddress}), '192.168.66.1');
	await ipBatch(['route add 192.168.64.0/24 via 203.0.113.1', 'route add 198.18.0.0/15 via 203.0.113.1'], {namespace: outside});
	await ipBatch([`route add 192.168.64.0/24 via ${engine.namespaceAddress}`], {namespace: host});
	t.deepEqual(await Promise.all([
		ask(outside, leases.one.address),
		ask(outside, engine.namespaceAddress, {port: 53}),
	]), ['', '']);
});

testInNamespaces('a container cannot speak with the address or the MAC of another, of the gateway, or of none', async t => {
	const {one, two} = await makeEngine(t);
	await Promise.all([listen(t, two, 'tcp', 80), listen(t, two, 'udp', 81)]);
	t.is(await ask(one, leases.two.address), leases.one.address);
	await ipBatch(['address add 192.168.64.9/24 dev eth0', 'address add 192.168.64.1/24 dev eth0'], {namespace: one});
	t.deepEqual(await Promise.all([
		ask(one, leases.two.address, {from: '192.168.64.9'}),
		ask(one, leases.two.address, {from: '192.168.64.9', protocol: 'udp', port: 81}),
		ask(one, leases.two.address, {from: '192.168.64.1', protocol: 'udp', port: 81}),
	]), ['', '', '']);

	// Gratuitous ARP for the gateway does not change what a neighbour believes.
	t.true(await canPing(two, '192.168.64.1'));
	await runIn('busybox', ['arping', '-U', '-c', '2', '-I', 'eth0', '-s', '192.168.64.1', leases.two.address], {namespace: one, accept: [0, 1]});
	const {stdout} = await runIn('ip', ['-j', 'neighbour', 'show', '192.168.64.1'], {namespace: two});
	t.is((JSON.parse(stdout) as ReadonlyArray<{lladdr: string}>)[0]?.lladdr, macOf('192.168.64.1'));

	await ipBatch(['address delete 192.168.64.9/24 dev eth0', 'address delete 192.168.64.1/24 dev eth0'], {namespace: one});
	t.true(await canPing(one, leases.two.address));
	await ipBatch(['link set dev eth0 address 02:42:00:00:00:77'], {namespace: one});
	t.false(await canPing(one, leases.two.address));
});

testInNamespaces('a tap without a lease says nothing, and IPv6 passes nowhere', async t => {
	const {engine, one, two} = await makeEngine(t);
	const stranger = await makeContainer(t, engine, leaseOf(0, '192.168.64.50'));
	t.deepEqual(await Promise.all([canPing(stranger, '192.168.64.1'), canPing(stranger, leases.two.address)]), [false, false]);
	await ipBatch(['address add fd00::1/64 dev eth0 nodad'], {namespace: one});
	await ipBatch(['address add fd00::2/64 dev eth0 nodad'], {namespace: two});
	t.false(await canPing(one, 'fd00::2'));
});

testInNamespaces('a new ruleset cuts off what has lost its lease, and one that the kernel refuses changes nothing', async t => {
	const {engine, one, two} = await makeEngine(t);
	t.true(await canPing(two, '192.168.64.1'));
	await applyRuleset(engine, rulesetOf({link: engine, bridges: networks, taps: [leases.one]}));
	t.true(await canPing(one, '192.168.64.1'));
	t.false(await canPing(two, '192.168.64.1'));
	await t.throwsAsync(applyRuleset(engine, 'table inet holm { nonsense }'), {message: /nft|nsenter/v});
	t.true(await canPing(one, '192.168.64.1'));
});
