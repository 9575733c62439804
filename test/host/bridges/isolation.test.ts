import {access} from 'node:fs/promises';
import {type ExecutionContext} from 'ava';
import {bridgeNameOf, createBridge, tapNameOf} from '../../../source/host/bridges/bridge.js';
import {macOf} from '../../../source/rules/networks/mac.js';
import {closeNamespace, openNamespace} from '../../../source/host/bridges/namespace.js';
import {ipBatch, runIn, sysctl} from '../../../source/host/bridges/programs.js';
import {applyRuleset, rulesetOf} from '../../../source/host/bridges/ruleset.js';
import {nameServerId} from '../../../source/host/dns/user.js';
import {machineUidOf} from '../../../source/host/guest.js';
import {
	ask,
	canAs,
	canPing,
	countIn,
	listen,
	makeContainer,
	makeHost,
	makeRoot,
	sendFrame,
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
	{
		id: 'd', subnet: '192.168.67.0/24', gateway: '192.168.67.1', internal: false, isWalled: true,
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
	walled: leaseOf(3, '192.168.67.2'),
};

/** Four networks, the third one internal and the fourth one walled, and five containers on a simulated host. */
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
	const wanted = [leases.one, leases.two, leases.other, leases.inner, leases.walled];
	const [one, two, other, inner, walled] = await Promise.all(wanted.map(async lease => makeContainer(t, engine, lease)));
	return {
		engine, host, outside, one: one!, two: two!, other: other!, inner: inner!, walled: walled!,
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

testInNamespaces('a gateway answers echo and DNS on its own network, and the host the rest, unless the network is internal', async t => {
	const {engine, host, one, inner} = await makeEngine(t);
	const own = [listen(t, engine.path, 'tcp', 53), listen(t, engine.path, 'udp', 53), listen(t, engine.path, 'tcp', 80)];
	await Promise.all([...own, listen(t, host, 'tcp', 81), listen(t, host, 'udp', 81)]);
	t.is(await ask(one, '192.168.64.1', {port: 81}), engine.namespaceAddress);
	t.is(await ask(one, '192.168.64.1', {port: 81, protocol: 'udp'}), engine.namespaceAddress);
	t.true(await canPing(one, '192.168.64.1'));
	t.is(await ask(one, '192.168.64.1', {port: 53}), leases.one.address);
	t.is(await ask(one, '192.168.64.1', {port: 53, protocol: 'udp'}), leases.one.address);
	t.is(await ask(inner, '192.168.66.1', {port: 53}), leases.inner.address);
	t.deepEqual(await Promise.all([
		ask(one, '192.168.64.1'),
		ask(inner, '192.168.66.1', {port: 81}),
		ask(one, '192.168.65.1', {port: 81}),
		ask(one, '192.168.65.1', {port: 53}),
		ask(one, '192.168.65.1', {port: 53, protocol: 'udp'}),
		ask(one, engine.namespaceAddress, {port: 53}),
		canPing(one, '192.168.65.1'),
		ask(inner, '192.168.64.1', {port: 53}),
	]), ['', '', '', '', '', '', false, '']);
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

testInNamespaces('a walled network leads out, and to its name server, but neither to the host nor to other containers', async t => {
	const {engine, host, outside, one, walled} = await makeEngine(t);
	await Promise.all([listen(t, outside, 'tcp', 80), listen(t, outside, 'udp', 80), listen(t, host, 'tcp', 80), listen(t, host, 'udp', 80), listen(t, one, 'tcp', 80), listen(t, engine.path, 'udp', 53)]);
	t.is(await ask(walled, '203.0.113.2'), '203.0.113.1');
	t.is(await ask(walled, '203.0.113.2', {protocol: 'udp'}), '203.0.113.1');
	t.is(await ask(walled, '192.168.67.1', {port: 53, protocol: 'udp'}), leases.walled.address);
	// On the host it is where clouds have their metadata.
	await ipBatch(['address add 169.254.169.254/32 dev lo'], {namespace: host});
	t.is(await ask(one, '169.254.169.254'), engine.namespaceAddress);
	t.deepEqual(await Promise.all([
		ask(walled, engine.hostAddress),
		ask(walled, engine.hostAddress, {protocol: 'udp'}),
		ask(walled, '203.0.113.1'),
		ask(walled, '192.168.67.1'),
		ask(walled, leases.one.address),
		ask(walled, '169.254.169.254'),
		canPing(walled, '203.0.113.1'),
	]), ['', '', '', '', '', '', false]);
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

	// Gratuitous ARP for the gateway does not change a neighbour's ARP cache.
	t.true(await canPing(two, '192.168.64.1'));
	await runIn('busybox', ['arping', '-U', '-c', '2', '-I', 'eth0', '-s', '192.168.64.1', leases.two.address], {namespace: one, accept: [0, 1]});
	const {stdout} = await runIn('ip', ['-j', 'neighbour', 'show', '192.168.64.1'], {namespace: two});
	t.is((JSON.parse(stdout) as ReadonlyArray<{lladdr: string}>)[0]?.lladdr, macOf('192.168.64.1'));

	await ipBatch(['address delete 192.168.64.9/24 dev eth0', 'address delete 192.168.64.1/24 dev eth0'], {namespace: one});
	t.true(await canPing(one, leases.two.address));
	await ipBatch(['link set dev eth0 address 02:42:00:00:00:77'], {namespace: one});
	t.false(await canPing(one, leases.two.address));
});

testInNamespaces('a tap without a lease cannot send, and IPv6 is dropped', async t => {
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

const hex = (address: string) => address.split('.').map(octet => Number(octet).toString(16).padStart(2, '0')).join('');
const everyone = 'ffffffffffff';

testInNamespaces('ARP passes in the one shape that IPv4 over Ethernet has', async t => {
	const {one, two} = await makeEngine(t);
	const {mac, address} = leases.one;
	const count = await countIn(two, 'netdev', 'ingress device eth0 priority 0', `ether saddr ${mac}`);
	const arp = async (shape: string, operation = '0001') => sendFrame(one, everyone, mac, '0806', shape, operation, mac, hex(address), '000000000000', hex(leases.two.address));
	// No lengths, lengths of others, other hardware, other protocols, and requests of RARP and InARP.
	for (const shape of ['000108000000', '000108000600', '000108000004', '000108000804', '000108000610', '000608000604', '000086dd0604']) {
		await arp(shape);
	}

	await arp('000108000604', '0003');
	await arp('000108000604', '0008');
	t.is(await count(), 0);
	await arp('000108000604');
	await arp('000108000604', '0002');
	t.is(await count(), 2);
});

/** An empty UDP datagram to port 53, in its IP packet. */
const datagram = (from: string, to: string) => {
	const words = `4500001c000000004011${hex(from)}${hex(to)}`.match(/.{4}/gv)!;
	const sum = words.reduce((total, word) => total + Number.parseInt(word, 16), 0);
	// RFC 1071: the ones' complement of the ones' complement sum.
	const checksum = 0xFF_FF - ((sum + Math.floor(sum / 0x1_00_00)) & 0xFF_FF);
	return [...words.slice(0, 5), checksum.toString(16).padStart(4, '0'), ...words.slice(5), '0035', '0035', '0008', '0000'].join('');
};

testInNamespaces('VLANs, spanning tree and group addresses are dropped', async t => {
	const {engine, one, two} = await makeEngine(t);
	const {mac, address} = leases.one;
	const arrived = await countIn(two, 'netdev', 'ingress device eth0 priority 0', `ether saddr ${mac} ether type != arp`);
	const entered = await countIn(engine.path, 'inet', 'prerouting priority -290', `iifname "${leases.one.tap}"`);
	const packet = datagram(address, leases.two.address);
	await sendFrame(one, everyone, mac, '8100', '0001', '0800', packet);
	await sendFrame(one, everyone, mac, '88a8', '0001', '8100', '0001', '0800', packet);
	await sendFrame(one, '0180c2000000', mac, '0026', '424203', '00'.repeat(35));
	for (const group of ['00', '01', '02', '03', '0e']) {
		await sendFrame(one, `0180c20000${group}`, mac, '0800', datagram('203.0.113.2', engine.namespaceAddress));
	}

	t.deepEqual([await arrived(), await entered()], [0, 0]);
	await sendFrame(one, leases.two.mac, mac, '0800', packet);
	t.is(await arrived(), 1);
});

const bridgeFilters = {absent: 0, present: 1};

for (const [name, value] of Object.entries(bridgeFilters)) {
	testInNamespaces(`what a container sends to the gateway for its own network goes nowhere, with bridge netfilter ${name}`, async t => {
		const {engine, one, two} = await makeEngine(t);
		try {
			await access('/proc/sys/net/bridge');
			// Docker loads the module, which sets these in every namespace.
			await sysctl({'net.bridge.bridge-nf-call-iptables': value, 'net.bridge.bridge-nf-call-arptables': value}, {namespace: engine.path});
		} catch {
			t.log('This kernel has no bridge netfilter.');
		}

		await ipBatch([`neighbour replace 192.168.64.77 lladdr ${macOf('192.168.64.1')} dev eth0`], {namespace: one});
		t.false(await canPing(one, '192.168.64.77'));
		const {stdout} = await runIn('ip', ['neighbour', 'show', '192.168.64.77'], {namespace: engine.path});
		t.is(stdout, '');
		await Promise.all([listen(t, two, 'tcp', 80), listen(t, two, 'udp', 80)]);
		t.is(await ask(one, leases.two.address), leases.one.address);
		t.is(await ask(one, leases.two.address, {protocol: 'udp'}), leases.one.address);
		t.true(await canPing(one, '192.168.64.1'));
	});
}

testInNamespaces('the user of a machine sends nothing from the namespace, the name server asks its upstreams', async t => {
	const {engine, host, outside, one, other} = await makeEngine(t);
	await Promise.all([
		...[one, other, host, outside].flatMap(namespace => [listen(t, namespace, 'tcp', 80), listen(t, namespace, 'udp', 80)]),
		listen(t, engine.path, 'tcp', 53), listen(t, engine.path, 'udp', 53),
	]);
	const targets = ['192.168.64.1:53', '192.168.65.1:53', '127.0.0.1:53', `${engine.hostAddress}:80`, '203.0.113.1:80', '203.0.113.2:80', `${leases.one.address}:80`, `${leases.other.address}:80`];
	const canConnect = async (uid: number, target: string) => canAs(uid, engine.path, ['socat', '-u', '/dev/null', `TCP:${target},connect-timeout=1`]);
	const count = await countIn(engine.path, 'inet', 'postrouting priority 300', `meta skuid >= ${nameServerId + 1}`);
	const machines = [machineUidOf('000000'), machineUidOf('ffffff') + 1];
	for (const uid of machines) {
		const reached = await Promise.all(targets.map(async target => canConnect(uid, target)));
		t.deepEqual(reached, targets.map(() => false), String(uid));
		await Promise.all(targets.map(async target => canAs(uid, engine.path, ['socat', '-u', 'EXEC:echo hello', `UDP-SENDTO:${target}`])));
		await Promise.all(targets.map(async target => canAs(uid, engine.path, ['busybox', 'ping', '-c', '1', '-W', '1', target.split(':')[0]!])));
	}

	t.is(await count(), 0);
	for (const uid of [0, nameServerId]) {
		t.true(await canConnect(uid, '203.0.113.2:80'), String(uid));
	}
});
