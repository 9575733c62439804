import {writeFile} from 'node:fs/promises';
import {type ExecutionContext} from 'ava';
import {
	bridgeNameOf,
	createBridge,
	createTap,
	listDevices,
	removeBridge,
	removeTap,
	tapNameOf,
} from '../../../source/host/bridges/bridge.js';
import {closeNamespace, openNamespace} from '../../../source/host/bridges/namespace.js';
import {
	ipBatch,
	isInstalled,
	links,
	nft,
	routes,
	rules,
	runIn,
	sysctl,
} from '../../../source/host/bridges/programs.js';
import {hostRoutes} from '../../../source/host/bridges/routes.js';
import {applyRuleset, rulesetOf} from '../../../source/host/bridges/ruleset.js';
import {applyUdpAnswers} from '../../../source/host/bridges/udp-answers.js';
import {macOf} from '../../../source/rules/networks/mac.js';
import {
	ask,
	listen,
	makeContainer,
	makeHost,
	makeNeighbour,
	makeNamespace,
	makeRoot,
	testInNamespaces,
} from './laboratory.js';

/** The state of a simulated host that an engine's namespace changes, without counters and MAC addresses. */
const stateOf = async (namespace: string) => {
	const [devices, allRoutes, allRules, {stdout}] = await Promise.all([
		links({namespace}), routes({namespace}), rules({namespace}), runIn('nft', ['-s', 'list', 'ruleset'], {namespace}),
	]);
	return {
		devices: devices.map(({ifname, addr_info}) => ({ifname, addresses: addr_info?.map(({local}) => local)})),
		routes: allRoutes.map(({dst, dev, table}) => ({dst, dev, table})),
		rules: allRules.map(({priority, src, table}) => ({priority, src, table})),
		ruleset: stdout,
	};
};

const closing = (t: ExecutionContext, root: string, host: string) => {
	t.teardown(async () => closeNamespace(root, {host}));
};

testInNamespaces('answers from UDP ports leave from the address that was asked', async t => {
	const host = await makeNamespace(t, 'host');
	await ipBatch(['address add 192.0.2.1/32 dev lo', 'address add 2001:db8::1/128 dev lo nodad'], {namespace: host});
	await Promise.all([listen(t, host, 'udp', 80), listen(t, host, 'udp', 81), listen(t, host, 'udp6', 82)]);
	await applyUdpAnswers('holm-00000000', [80, 82], host);
	t.is(await ask(host, '127.0.0.2', {protocol: 'udp'}), '127.0.0.1');
	t.is(await ask(host, '192.0.2.1', {protocol: 'udp', from: '127.0.0.1'}), '127.0.0.1');
	t.is(await ask(host, '127.0.0.2', {protocol: 'udp', port: 81}), '', 'a port that is not published');
	t.regex(await ask(host, '[2001:db8::1]', {protocol: 'udp6', port: 82, from: '[::1]'}), /0001/v);
	await applyUdpAnswers('holm-00000000', [], host);
	t.is(await ask(host, '[2001:db8::1]', {protocol: 'udp6', port: 82, from: '[::1]'}), '');
	t.is(await ask(host, '127.0.0.2', {protocol: 'udp'}), '');
	t.is((await runIn('nft', ['list', 'tables'], {namespace: host})).stdout, '');
});

testInNamespaces('opening twice is opening once, and closing leaves the host as it was', async t => {
	const [root, {host}] = await Promise.all([makeRoot(t), makeHost(t)]);
	closing(t, root, host);
	const before = await stateOf(host);
	const first = await openNamespace(root, {host});
	t.regex(first.name, /^holm-[\da-f]{8}$/v);
	const opened = await stateOf(host);
	t.deepEqual(await openNamespace(root, {host}), first);
	t.deepEqual(await stateOf(host), opened);
	await closeNamespace(root, {host});
	t.deepEqual(await stateOf(host), before);
	await closeNamespace(root, {host});
	const {stdout} = await runIn('ip', ['netns', 'list']);
	t.false(stdout.includes(first.name));
});

const damages: Readonly<Record<string, (name: string, host: string) => Promise<unknown>>> = {
	async 'a namespace that was never mounted'(name) {
		await runIn('ip', ['netns', 'delete', name]);
		await writeFile(`/run/netns/${name}`, '');
	},
	'a link without addresses': async (name, host) => ipBatch([`address flush dev ${name}`], {namespace: host}),
	'a link without its far address': async name => ipBatch(['address flush dev host'], {namespace: `/run/netns/${name}`}),
	'no link': async (name, host) => ipBatch([`link delete dev ${name}`], {namespace: host}),
	async 'devices that are down'(name, host) {
		await ipBatch([`link set dev ${name} down`], {namespace: host});
		await ipBatch(['link set dev host down', 'link set dev lo down'], {namespace: `/run/netns/${name}`});
	},
	async 'no rules'(name, host) {
		await nft(`delete table ip ${name}`, {namespace: host});
		await ipBatch(['rule delete priority 1000'], {namespace: host});
	},
};

for (const [name, damage] of Object.entries(damages)) {
	testInNamespaces(`opening repairs ${name}`, async t => {
		const [root, {host}] = await Promise.all([makeRoot(t), makeHost(t)]);
		closing(t, root, host);
		const engine = await openNamespace(root, {host});
		const whole = await stateOf(host);
		await damage(engine.name, host);
		t.deepEqual(await openNamespace(root, {host}), engine);
		t.deepEqual(await stateOf(host), whole);
		const inside = await routes({namespace: engine.path});
		t.true(inside.some(({dst, dev}) => dst === 'default' && dev === engine.device));
	});
}

testInNamespaces('two engines on one host have links of their own and never meet', async t => {
	const [one, two, {host}] = await Promise.all([makeRoot(t), makeRoot(t), makeHost(t)]);
	closing(t, one, host);
	closing(t, two, host);
	const first = await openNamespace(one, {host});
	const second = await openNamespace(two, {host});
	t.not(first.name, second.name);
	t.not(first.hostAddress, second.hostAddress);
	await applyRuleset(first, rulesetOf({link: first, bridges: [], taps: []}));
	await listen(t, second.path, 'tcp', 80);
	t.is(await ask(host, second.namespaceAddress), second.hostAddress);
	t.is(await ask(first.path, second.namespaceAddress), '');
});

testInNamespaces('a link moves out of the way of what the host has a route to', async t => {
	const [root, {host}] = await Promise.all([makeRoot(t), makeHost(t)]);
	closing(t, root, host);
	const {hostAddress} = await openNamespace(root, {host});
	await closeNamespace(root, {host});
	await ipBatch([`route add ${hostAddress}/32 dev eth0`], {namespace: host});
	const engine = await openNamespace(root, {host});
	t.not(engine.hostAddress, hostAddress);
	const blocks = await hostRoutes(host);
	t.true(blocks.includes(`${hostAddress}/32`));
	t.true(blocks.includes('203.0.113.0/24'));
	t.false(blocks.includes('default'));
});

const firewalls: Readonly<Record<string, (host: string) => Promise<unknown>>> = {
	'a policy of iptables, as ufw sets it': async host => runIn('iptables', ['-w', '-P', 'FORWARD', 'DROP'], {namespace: host}),
	async 'the chains of Docker'(host) {
		for (const line of ['-P FORWARD DROP', '-N DOCKER-USER', '-A DOCKER-USER -j RETURN', '-A FORWARD -j DOCKER-USER']) {
			await runIn('iptables', ['-w', ...line.split(' ')], {namespace: host});
		}
	},
	'a policy in an nftables.conf': async host => nft('table inet filter { chain forward { type filter hook forward priority 0; policy drop; }\n}\n', {namespace: host}),
};

for (const [name, raise] of Object.entries(firewalls)) {
	testInNamespaces(`containers leave past ${name}, but not to another program's bridge, and it is as before when the namespace is closed`, async t => {
		const [root, {host, outside}] = await Promise.all([makeRoot(t), makeHost(t)]);
		closing(t, root, host);
		const other = await makeNeighbour(t, host, {device: 'docker0', network: '172.17.0', isBridge: true});
		await raise(host);
		const {ruleset} = await stateOf(host);
		const engine = await openNamespace(root, {host});
		await listen(t, outside, 'tcp', 80);
		await listen(t, other, 'tcp', 80);
		t.is(await ask(engine.path, '203.0.113.2'), '203.0.113.1');
		t.is(await ask(engine.path, '172.17.0.2'), '');
		const opened = await stateOf(host);
		await openNamespace(root, {host});
		t.deepEqual(await stateOf(host), opened);
		await ipBatch(['link set dev eth0 down', 'link set dev eth0 name wan0', 'link set dev wan0 up', 'route add default via 203.0.113.2'], {namespace: host});
		t.is(await ask(engine.path, '203.0.113.2'), '');
		await openNamespace(root, {host});
		t.is(await ask(engine.path, '203.0.113.2'), '203.0.113.1', 'the way out is another one');
		await closeNamespace(root, {host});
		const closed = await stateOf(host);
		t.is(closed.ruleset, ruleset);
	});
}

testInNamespaces('bridges and taps are made once, listed, repaired and removed', async t => {
	const [root, {host}] = await Promise.all([makeRoot(t), makeHost(t)]);
	closing(t, root, host);
	const engine = await openNamespace(root, {host});
	const bridge = bridgeNameOf('0123456789abcdef');
	const tap = tapNameOf('fedcba9876543210');
	t.deepEqual([bridge, tap], ['br-0123456789ab', 'tap-fedcba98765']);
	const configuration = {bridge, gateway: '192.168.64.1', prefixLength: 24};
	await createBridge(engine, configuration);
	await createBridge(engine, configuration);
	const owner = {tap, bridge, uid: 12_345};
	await createTap(engine, owner);
	await ipBatch([`link set dev ${tap} nomaster`], {namespace: engine.path});
	await createTap(engine, owner);
	t.like(await listDevices(engine), {bridges: [bridge], taps: [{tap, bridge}]});

	await createBridge(engine, {...configuration, gateway: '192.168.64.254'});
	const found = await links({namespace: engine.path});
	const made = found.find(({ifname}) => ifname === bridge);
	t.deepEqual(made?.addr_info?.map(({local}) => local), ['192.168.64.254']);

	await createTap(engine, {...owner, uid: 54_321});
	const after = await links({namespace: engine.path});
	t.is(after.find(({ifname}) => ifname === tap)?.linkinfo?.info_data?.user, 54_321);

	await removeTap(engine, tap);
	await removeTap(engine, tap);
	await removeBridge(engine, bridge);
	await removeBridge(engine, bridge);
	t.like(await listDevices(engine), {bridges: [], taps: []});
	await t.throwsAsync(createTap(engine, {...owner, bridge: 'br-missing'}), {message: /br-missing/v});
	t.like(await listDevices(engine), {bridges: [], taps: []});
	await t.throwsAsync(removeTap(engine, 'tap-1\nlink delete lo'), {code: 'internal'});
});

testInNamespaces('no device of an engine gives itself an IPv6 address', async t => {
	const [root, {host}] = await Promise.all([makeRoot(t), makeHost(t)]);
	closing(t, root, host);
	const engine = await openNamespace(root, {host});
	const bridge = bridgeNameOf('0123456789abcdef');
	await createBridge(engine, {bridge, gateway: '192.168.64.1', prefixLength: 24});
	// Its carrier brings up the bridge's.
	await ipBatch(['link add port type veth peer name other', `link set dev port master ${bridge} up`, 'link set dev other up'], {namespace: engine.path});
	const [outside, inside] = await Promise.all([links({namespace: host}), links({namespace: engine.path})]);
	const devices = [
		outside.find(({ifname}) => ifname === engine.hostDevice)!,
		...inside.filter(({ifname}) => ifname === engine.device || ifname === bridge),
	];
	t.deepEqual(devices.map(({addr_info: addresses}) => addresses?.map(({family}) => family)), [['inet'], ['inet'], ['inet']]);
});

testInNamespaces('the outside world answers a container through a tunnel with smaller packets', async t => {
	const [root, {host, outside}] = await Promise.all([makeRoot(t), makeHost(t)]);
	closing(t, root, host);
	await ipBatch(['link set dev eth0 mtu 1300'], {namespace: host});
	const engine = await openNamespace(root, {host});
	const lease = {
		tap: 'tap-1', bridge: 'br-1', mac: macOf('192.168.64.2'), address: '192.168.64.2', gateway: '192.168.64.1',
	};
	await createBridge(engine, {bridge: 'br-1', gateway: lease.gateway, prefixLength: 24});
	await applyRuleset(engine, rulesetOf({link: engine, bridges: [{...lease, subnet: '192.168.64.0/24', internal: false}], taps: [lease]}));
	const container = await makeContainer(t, engine, lease);
	await listen(t, outside, 'tcp', 80);
	await nft('table ip watch { chain input { type filter hook input priority 0; tcp flags syn tcp option maxseg size > 1260 drop; }\n}\n', {namespace: outside});
	t.is(await ask(container, '203.0.113.2'), '203.0.113.1');
});

testInNamespaces('unknown kernel parameters are skipped, and one that cannot be set is named', async t => {
	const namespace = await makeNamespace(t, 's');
	await sysctl({
		'net.bridge.bridge-nf-call-nothing': 0, 'net.ipv4.ip_forward': 1, 'net.ipv4.conf.nothing.forwarding': 1,
	}, {namespace});
	const {stdout} = await runIn('busybox', ['sysctl', '-n', 'net.ipv4.ip_forward'], {namespace});
	t.is(stdout.trim(), '1');
	await t.throwsAsync(sysctl({'net.ipv4.ip_forward': 0, 'net.ipv4.ip_unprivileged_port_start': 70_000}, {namespace}), {
		code: 'internal', message: 'the kernel parameter net.ipv4.ip_unprivileged_port_start=70000 cannot be set: write error: Invalid argument',
	});
});
