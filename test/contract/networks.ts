import {freePort, waiting, type Lacks, type Register} from './laboratory.js';

const numberOf = (address: string) => address.split('.').reduce((sum, octet) => (sum * 256) + Number(octet), 0);

const lies = (address: string, subnet: string) => {
	const [first = '', length = ''] = subnet.split('/', 2);
	const size = 2 ** (32 - Number(length));
	return Math.floor(numberOf(address) / size) === Math.floor(numberOf(first) / size);
};

/** Subnets outside of the pools: in TEST-NET-2 and the block for benchmarks. */
const ownSubnet = '198.18.70.0/24';

/** Networks, addresses, names, published ports. */
export const testNetworks = (test: Register, lacks: Lacks): void => {
	test('a network is created with a subnet of its own, found, listed and removed', async ({
		t,
		engine,
		createNetwork,
		refused,
		uniqueName,
	}) => {
		const label = uniqueName('label');
		const {id, name} = await createNetwork({labels: {[label]: 'yes'}});
		const other = await createNetwork({name: `${uniqueName('other')} of two words`});
		t.regex(id, /^[\da-f]{64}$/v);
		for (const reference of [id, name, id.slice(0, 20)]) {
			t.is((await engine.network(reference)).id, id);
		}

		t.is((await engine.network(other.name)).id, other.id);

		const network = await engine.network(id);
		const {subnet} = await engine.network(other.id);
		t.is(network.driver, 'bridge');
		t.is(network.labels[label], 'yes');
		t.false(network.internal);
		t.deepEqual(network.leases, []);
		t.true(lies(network.gateway, network.subnet));
		t.false(lies(network.gateway, subnet), 'two networks have different subnets');
		const ids = async (filters: Readonly<Record<string, readonly string[]>>) => (await engine.networks(filters)).map(found => found.id);
		t.deepEqual(await ids({label: [label]}), [id]);
		t.deepEqual(await ids({name: [name]}), [id]);
		t.deepEqual(await ids({id: [other.id]}), [other.id]);
		t.true((await ids({type: ['custom']})).includes(id));
		t.false((await ids({type: ['builtin']})).includes(id));
		await engine.removeNetwork(name);
		await refused('not-found', `network ${name} not found`, async () => engine.network(name));
		await refused('not-found', name, async () => engine.removeNetwork(name));
	});

	if (!lacks.addresses) {
		test('a network with a subnet, a gateway and a range of one\'s own', async ({t, engine, createNetwork, start}) => {
			const auxiliaryAddresses = {router: '198.18.70.129', switch: '198.18.70.9'};
			const {id, name} = await createNetwork({
				subnet: ownSubnet,
				gateway: '198.18.70.254',
				ipRange: '198.18.70.128/29',
				auxiliaryAddresses,
				internal: true,
			});
			t.like(await engine.network(id), {subnet: ownSubnet, gateway: '198.18.70.254', auxiliaryAddresses, internal: true});
			const {attachments} = await engine.container(await start({networks: [{network: name, aliases: []}]}));
			const [attachment] = attachments;
			t.like(attachment, {network: name, networkId: id, prefixLength: 24, gateway: '198.18.70.254'});
			t.true(lies(attachment!.address, '198.18.70.128/29'), attachment!.address);
			t.false(Object.values(auxiliaryAddresses).includes(attachment!.address));
		});
	}

	test('networks that cannot be are refused', async ({engine, createNetwork, refused}) => {
		const {name} = await createNetwork({subnet: ownSubnet});
		await refused('conflict', name, async () => createNetwork({name}));
		await refused('conflict', '198.18.70', async () => createNetwork({subnet: '198.18.70.128/25'}));
		await refused('invalid', '300', async () => createNetwork({subnet: '10.300.0.0/24'}));
		await refused('invalid', '10.9.8.7', async () => createNetwork({subnet: '198.18.71.0/24', gateway: '10.9.8.7'}));
		if (!lacks.refusals) {
			await refused('invalid', 'no/good', async () => createNetwork({name: 'no/good'}));
		}

		await refused('forbidden', 'bridge', async () => engine.removeNetwork('bridge'));
	});

	test('a container on a network holds an address of it while it is attached', async ({t, engine, createNetwork, start}) => {
		const {id, name} = await createNetwork();
		const container = await start({networks: [{network: name, aliases: []}]});
		const {attachments, name: containerName} = await engine.container(container);
		t.is(attachments.length, 1);
		const [attachment] = attachments;
		const network = await engine.network(id);
		t.true(lies(attachment!.address, network.subnet));
		t.not(attachment!.address, network.gateway);
		t.is(attachment!.gateway, network.gateway);
		t.regex(attachment!.mac, /^(?:[\da-f]{2}:){5}[\da-f]{2}$/v);
		t.is(network.leases.length, 1);
		t.like(network.leases[0], {
			address: attachment!.address, mac: attachment!.mac, containerId: container, containerName,
		});
		const byNetwork = await engine.containers({filters: {network: [name]}});
		t.deepEqual(byNetwork.map(found => found.id), [container]);
		await engine.removeContainer(container, {force: true});
		t.deepEqual((await engine.network(id)).leases, []);
	});

	if (!lacks.addresses) {
		test('addresses of one\'s own choice', async ({t, engine, createNetwork, start, standing, create, refused}) => {
			const {name} = await createNetwork({subnet: ownSubnet});
			const id = await start({networks: [{network: name, address: '198.18.70.77', mac: '02:42:ac:11:00:99', aliases: []}]});
			const [attachment] = (await engine.container(id)).attachments;
			t.like(attachment, {address: '198.18.70.77', mac: '02:42:ac:11:00:99'});
			const begin = async (address: string) => {
				const other = await create({command: waiting, networks: [{network: name, address, aliases: []}]});
				try {
					await engine.startContainer(other);
				} catch (error) {
					// If only the start refuses, remove the container before looking for changes.
					await engine.removeContainer(other, {force: true});
					throw error;
				}
			};

			await refused('conflict', '198.18.70.77', async () => begin('198.18.70.77'));
			await refused('invalid', '10.1.1.1', async () => begin('10.1.1.1'));
			if (!lacks.refusals) {
				const other = await standing();
				await refused(
					'conflict',
					'02:42:ac:11:00:99',
					async () => engine.connectNetwork(other, {network: name, mac: '02:42:ac:11:00:99', aliases: []}),
				);
			}
		});

		test('a requested address is taken at the start: a service is recreated with it, and a resting address that was not requested gives way', async ({t, engine, createNetwork, create, start}) => {
			const {name} = await createNetwork({subnet: ownSubnet});
			const addressOf = async (id: string) => (await engine.container(id)).attachments[0]!.address;
			const chance = await start({networks: [{network: name, aliases: []}]});
			const address = await addressOf(chance);
			await engine.killContainer(chance);
			await engine.waitContainer(chance);
			const wanted = {command: waiting, networks: [{network: name, address, aliases: []}]};
			const old = await start(wanted);
			t.is(await addressOf(old), address);
			const recreated = await create(wanted);
			await engine.killContainer(old);
			await engine.waitContainer(old);
			await engine.removeContainer(old);
			await engine.startContainer(recreated);
			t.is(await addressOf(recreated), address);
			await engine.startContainer(chance);
			t.not(await addressOf(chance), address);
			t.like((await engine.container(recreated)).configuration.networks[0], {network: name, address});
		});
	}

	test('a network with containers is not removed', async ({t, engine, createNetwork, start, refused}) => {
		const {id, name} = await createNetwork();
		const container = await start({networks: [{network: name, aliases: []}]});
		await refused('conflict', new RegExp(`network ${name} .*active endpoints`, 'v'), async () => engine.removeNetwork(name));
		t.is((await engine.network(id)).id, id);
		t.false((await engine.pruneNetworks()).removed.includes(name));
		await engine.removeContainer(container, {force: true});
		await engine.removeNetwork(name);
	});

	if (!lacks.freeNetworks) {
		test('a stopped container holds no network, and does not start without it', async ({
			t,
			engine,
			createNetwork,
			create,
			refused,
			stateOf,
		}) => {
			const [removed, pruned] = [await createNetwork(), await createNetwork()];
			const container = await create({command: waiting, networks: [{network: removed.name, aliases: []}]});
			await create({command: waiting, networks: [{network: pruned.name, aliases: []}]});
			await engine.removeNetwork(removed.name);
			t.true((await engine.pruneNetworks()).removed.includes(pruned.name));
			await refused('not-found', /network .* not found/v, async () => engine.startContainer(container));
			t.not(await stateOf(container), 'running');
			t.is((await engine.container(container)).configuration.networks[0]?.network, removed.name);
			if (lacks.restingLeases) {
				return;
			}

			const {id} = await engine.createNetwork({name: removed.name, internal: false, labels: {}, driver: 'bridge'});
			await refused('not-found', /network .* not found/v, async () => engine.startContainer(container));
			await engine.connectNetwork(container, {network: removed.name, aliases: ['again']});
			const {attachments, configuration} = await engine.container(container);
			t.deepEqual(attachments.map(({network, networkId}) => [network, networkId]), [[removed.name, id]]);
			t.deepEqual(configuration.networks.map(({network, aliases}) => [network, aliases]), [[removed.name, ['again']]]);
			t.true((await engine.network(id)).leases.some(({containerId, isResting}) => containerId === container && isResting));
			await engine.removeNetwork(id);
			await engine.disconnectNetwork(removed.name, container);
			t.deepEqual((await engine.container(container)).attachments, []);
		});
	}

	if (!lacks.connecting) {
		test('a running container is connected to another network and disconnected', async ({
			t,
			engine,
			createNetwork,
			create,
			start,
			exec,
			refused,
		}) => {
			const [first, second] = [await createNetwork(), await createNetwork()];
			const id = await start({networks: [{network: first.name, aliases: []}]});
			await engine.connectNetwork(id, {network: second.name, aliases: ['other-name']});
			const {attachments} = await engine.container(id);
			t.deepEqual(attachments.map(({network}) => network), [first.name, second.name]);
			t.deepEqual((await engine.network(second.id)).leases.map(({address}) => address), [attachments[1]!.address]);
			await refused('conflict', second.name, async () => engine.connectNetwork(id, {network: second.name, aliases: []}));
			await refused('not-found', 'no-such-network', async () => engine.connectNetwork(id, {network: 'no-such-network', aliases: []}));
			await engine.disconnectNetwork(first.name, id);
			const after = await engine.container(id);
			t.deepEqual(after.attachments.map(({network}) => network), [second.name]);
			t.deepEqual((await engine.network(first.id)).leases, []);
			await refused('conflict', first.name, async () => engine.disconnectNetwork(first.name, id));
			t.is((await exec(id, ['true'])).exitCode, 0);
			// One that does not run keeps the settings that it has.
			const resting = await create({networks: [{network: first.name, aliases: ['before']}]});
			await engine.connectNetwork(resting, {network: first.name, aliases: ['after']});
			const {attachments: renewed} = await engine.container(resting);
			t.deepEqual(renewed.map(({network}) => network), [first.name]);
			t.true(renewed[0]!.aliases.includes('before'));
			t.false(renewed[0]!.aliases.includes('after'));
		});
	}

	test('the default network is bridge, and none is none', async ({t, engine, start, standing, create, createNetwork, refused}) => {
		const {attachments} = await engine.container(await standing());
		t.deepEqual(attachments.map(({network}) => network), ['bridge']);
		const alone = await engine.container(await start({networks: [{network: 'none', aliases: []}]}));
		t.deepEqual(alone.attachments.filter(({address}) => address !== ''), []);
		if (lacks.refusals) {
			return;
		}

		const linked = await create({command: ['true'], links: [`${alone.name}:one`, `${alone.name}:two`]});
		await engine.removeLink(linked, 'one');
		t.deepEqual((await engine.container(linked)).configuration.links, [`${alone.name}:two`]);
		await refused('not-found', 'one', async () => engine.removeLink(linked, 'one'));
		await refused('invalid', 'No such container: nobody', async () => create({command: ['true'], links: ['nobody:db']}));
		await refused('invalid', 'aliases', async () => create({command: ['true'], networks: [{network: 'bridge', aliases: ['name']}]}));
		const {id, name} = await createNetwork();
		await refused(
			'invalid',
			'twice',
			async () => create({command: ['true'], networks: [{network: name, aliases: []}, {network: id, aliases: []}]}),
		);
		const attached = await create({networks: [{network: name, aliases: []}]});
		await refused('invalid', 'links', async () => engine.connectNetwork(attached, {network: 'bridge', aliases: [], links: ['a:b']}));
	});

	if (!lacks.dns) {
		test('containers find each other by name and alias on their network, and not beyond it', async ({
			t,
			engine,
			createNetwork,
			start,
			exec,
			uniqueName,
		}) => {
			const [near, far] = [await createNetwork(), await createNetwork()];
			const name = uniqueName('server');
			const server = await start({name, networks: [{network: near.name, aliases: ['alias-of-it']}]});
			const client = await start({networks: [{network: near.name, aliases: [], links: [`${name}:linked`]}]});
			const stranger = await start({networks: [{network: far.name, aliases: []}]});
			const [attachment] = (await engine.container(server)).attachments;
			for (const known of [name, 'alias-of-it', 'linked', server.slice(0, 12)]) {
				const {stdout, exitCode} = await exec(client, ['ping', '-c', '1', '-W', '10', known]);
				t.is(exitCode, 0, `${known}: ${stdout}`);
				t.true(stdout.includes(`(${attachment!.address})`));
			}

			for (const [who, unknown] of [[stranger, name], [server, 'linked']] as const) {
				const {stderr, exitCode} = await exec(who, ['ping', '-c', '1', '-W', '2', unknown]);
				t.not(exitCode, 0);
				t.regex(stderr, /bad address/v);
			}

			if (lacks.connecting) {
				return;
			}

			await engine.disconnectNetwork(near.name, client);
			await engine.connectNetwork(client, {network: near.name, aliases: [], links: ['later:other', `${name}:again`]});
			t.is((await exec(client, ['ping', '-c', '1', '-W', '10', 'again'])).exitCode, 0);
			t.deepEqual((await engine.container(client)).configuration.networks.map(({links}) => links), [['later:other', `${name}:again`]]);
		});

		test('records of a network come at the start of a container and go at its end', async ({
			t,
			engine,
			createNetwork,
			create,
			uniqueName,
		}) => {
			const {id, name: network} = await createNetwork();
			const name = uniqueName('recorded');
			const container = await create({name, command: waiting, networks: [{network, aliases: ['Alias']}]});
			const names = async () => {
				const records = await engine.dnsRecords!(id);
				const own = records.filter(({containerId}) => containerId === container);
				return own.map(record => `${record.type} ${record.name} ${record.value}`).toSorted();
			};

			t.deepEqual(await names(), []);
			await engine.startContainer(container);
			const [attachment] = (await engine.container(container)).attachments;
			const {address} = attachment!;
			t.deepEqual(await names(), [
				`A ${container.slice(0, 12)} ${address}`,
				`A alias ${address}`,
				`A ${name} ${address}`,
				`PTR ${address.split('.').toReversed().join('.')}.in-addr.arpa ${name}`,
			].toSorted());
			await engine.killContainer(container);
			await engine.waitContainer(container);
			t.deepEqual(await names(), []);
			t.true((await engine.dnsRecords!(id)).some(record => record.name === 'host.container.internal'));
		});

		test('the default network knows no names', async ({t, engine, standing}) => {
			const {name} = await engine.container(await standing());
			const records = await engine.dnsRecords!('bridge');
			t.false(records.some(record => record.name === name));
		});
	}

	if (!lacks.restingLeases) {
		test('a container keeps its address while it does not run', async ({t, engine, createNetwork, create, start, refused}) => {
			const {id, name} = await createNetwork();
			const resting = await create({command: waiting, networks: [{network: name, aliases: []}]});
			const addressOf = async () => (await engine.container(resting)).attachments[0]?.address;
			await engine.startContainer(resting);
			const address = await addressOf();
			await engine.killContainer(resting);
			await engine.waitContainer(resting);
			const other = await start({networks: [{network: name, aliases: []}]});
			t.not((await engine.container(other)).attachments[0]?.address, address);
			t.true((await engine.network(id)).leases.some(lease => lease.containerId === resting && lease.address === address));
			await engine.startContainer(resting);
			t.is(await addressOf(), address);
			await engine.removeContainer(other, {force: true});
			await engine.killContainer(resting);
			await engine.waitContainer(resting);
		});
	}

	test('a published port is one container\'s, and any free one is found', async ({t, engine, create, start, refused, stateOf}) => {
		const port = await freePort();
		const published = {
			hostAddress: '0.0.0.0', hostPort: port, containerPort: 80, protocol: 'tcp' as const,
		};
		const first = await start({ports: [published]});
		t.deepEqual((await engine.container(first)).ports, [published]);
		t.true((await engine.container(first)).exposedPorts.includes('80/tcp'));
		const begin = async () => {
			const second = await create({command: waiting, ports: [published]});
			try {
				await engine.startContainer(second);
			} catch (error) {
				await engine.removeContainer(second, {force: true});
				throw error;
			}
		};

		await refused('conflict', `Bind for 0.0.0.0:${port} failed: port is already allocated`, begin);
		t.is(await stateOf(first), 'running');
		const byPort = await engine.containers({filters: {publish: [String(port)]}});
		t.deepEqual(byPort.map(({id}) => id), [first]);
		await engine.removeContainer(first, {force: true});
		await begin();
		if (lacks.bothFamilies) {
			const [free] = (await engine.container(await start({ports: [{...published, hostAddress: '', hostPort: 0}]}))).ports;
			t.true(free!.hostPort > 0);
			return;
		}

		const both = (await engine.container(await start({ports: [{...published, hostAddress: '', hostPort: 0}]}))).ports;
		t.deepEqual(both.map(({hostAddress}) => hostAddress), ['0.0.0.0', '::']);
		t.true(both[0]!.hostPort > 0);
		t.is(both[0]!.hostPort, both[1]!.hostPort);
		const listed = (await engine.containers()).find(({ports}) => ports.some(({hostPort}) => hostPort === both[0]!.hostPort));
		t.deepEqual(listed?.ports, both);
		await refused('invalid', '70000', async () => create({command: ['true'], ports: [{...published, containerPort: 70_000}]}));
	});
};
