import {HolmError} from '../../engine/errors.js';
import {defaultNetwork, type NetworksVerbs} from '../../engine/networks.js';
import type {Lease, Network, NetworkConfiguration, Pruned} from '../../engine/resources.js';
import {filterOf} from '../../rules/filters.js';
import {findNetwork} from '../../rules/find-resource.js';
import {networkRules, pruneRules} from '../../rules/item-filters.js';
import {networkName} from '../../rules/names.js';
import {membersOf} from '../../rules/networks/attachments.js';
import {validateNetwork} from '../../rules/networks/ipam.js';
import {mtuOf} from '../../rules/networks/mtu.js';
import {recordsOf} from '../../rules/networks/zone.js';
import {newId, publish, type Context} from './context.js';
import {askedNetworks, wantedNetworks} from './creation.js';
import {readItem, readItems, type Item} from './listing.js';
import {readNetworks, type NetworkItem, type NetworkNotes} from './network-listing.js';
import {encodeNetworkNotes, notesLabel} from './notes.js';
import {remake} from './remake.js';

const reserved = new Set([defaultNetwork, 'default', 'host', 'none']);

/** Running containers have addresses. */
const leasesOf = ({id}: NetworkItem, items: readonly Item[]): readonly Lease[] => items.flatMap(({container}) => container.attachments
	.filter(({networkId, address}) => networkId === id && address !== '')
	.map(({address, mac, endpointId}) => ({address, mac, endpointId, containerId: container.id, containerName: container.name})));

export const describeNetwork = (item: NetworkItem, items: readonly Item[]): Network => ({...item.network, leases: leasesOf(item, items)});

/** The containers that ask for a network, running or not: Apple removes no network that one asks for. */
const usersOf = ({id}: NetworkItem, items: readonly Item[]): readonly Item[] =>
	items.filter(({container}) => container.attachments.some(({networkId}) => networkId === id));

const find = (networks: readonly NetworkItem[], reference: string): NetworkItem => findNetwork(
	new Map(networks.map(item => [item.id, item])),
	reference,
);

const drop = async (context: Context, {id, name, appleName}: NetworkItem): Promise<void> => {
	const program = await context.program();
	await program.run(['network', 'delete', appleName]);
	publish(context, {type: 'network', action: 'destroy', id, attributes: {name, type: 'bridge'}});
};

const isAppleLabel = (key: string, value: string) => key !== notesLabel && /^[a-z\d](?:[a-z\d.\-]{0,61}[a-z\d])?$/v.test(key) && value !== '' && !/[=\n]/v.test(value);

const create = async (context: Context, configuration: NetworkConfiguration): Promise<string> => {
	const {driver, internal, labels, options} = configuration;
	if (reserved.has(configuration.name)) {
		throw new HolmError(
			'forbidden',
			`operation is not permitted on predefined ${configuration.name} network`,
			{remedy: 'choose another name'},
		);
	}

	if (driver !== '' && driver !== 'bridge') {
		throw new HolmError(
			'unsupported',
			`there is no network driver ${JSON.stringify(driver.slice(0, 60))}`,
			{remedy: 'bridge is the only one'},
		);
	}

	mtuOf(options);
	const name = networkName(configuration.name);
	const networks = await readNetworks(context);
	if (networks.some(network => network.name === name)) {
		throw new HolmError('conflict', `network with name ${name} already exists`, {remedy: 'choose another name'});
	}

	if (configuration.subnet !== undefined) {
		const {subnet, gateway, ipRange, auxiliaryAddresses} = configuration;
		const first = validateNetwork(
			{subnet},
			networks.filter(({network}) => network.subnet !== '').map(({network}) => ({subnet: network.subnet, by: `network ${network.name}`})),
		);
		validateNetwork({subnet, gateway, ipRange, auxiliaryAddresses}, []);
		if ((gateway !== undefined && gateway !== first.gateway) || ipRange !== undefined || Object.keys(auxiliaryAddresses ?? {}).length > 0) {
			throw new HolmError(
				'unsupported',
				`the gateway, range and reserved addresses of network ${name} cannot be chosen on Apple's container`,
				{remedy: 'give the subnet alone: its first address is the gateway'},
			);
		}
	} else if (configuration.gateway !== undefined || configuration.ipRange !== undefined) {
		throw new HolmError('invalid', `network ${name} has a gateway or a range, but no subnet`, {remedy: 'give the subnet, too'});
	}

	const id = newId();
	const notes: NetworkNotes = {
		id, name, createdAt: context.newMoment(), labels, options,
	};
	const appleName = /^[a-z\d](?:[a-z\d._\-]{0,61}[a-z\d])?$/v.test(name) && !networks.some(network => network.appleName === name) ? name : `holm-${id.slice(0, 12)}`;
	const program = await context.program();
	await program.run([
		'network', 'create',
		...internal ? ['--internal'] : [],
		...configuration.subnet === undefined ? [] : ['--subnet', configuration.subnet],
		'--label', `${notesLabel}=${encodeNetworkNotes(notes)}`,
		...Object.entries(labels).filter(([key, value]) => isAppleLabel(key, value)).flatMap(([key, value]) => ['--label', `${key}=${value}`]),
		appleName,
	]);
	publish(context, {type: 'network', action: 'create', id, attributes: {name, type: 'bridge'}});
	await readNetworks(context);
	return id;
};

const fixed = ({name}: Item) => new HolmError(
	'unsupported',
	`the networks of container ${name} are fixed since its first start on Apple's container`,
	{remedy: 'make it anew with --network for each of them'},
);

export const networksVerbs = (context: Context): NetworksVerbs => {
	const readBoth = async () => {
		const networks = await readNetworks(context);
		return [networks, await readItems(context)] as const;
	};

	return {
		async networks(filters) {
			const [networks, items] = await readBoth();
			return networks.map(network => describeNetwork(network, items)).filter(filterOf(filters, networkRules));
		},
		async network(reference) {
			const [networks, items] = await readBoth();
			return describeNetwork(find(networks, reference), items);
		},
		async createNetwork(configuration) {
			return context.inTurn(async () => ({id: await create(context, configuration)}));
		},
		async removeNetwork(reference) {
			await context.inTurn(async () => {
				const [networks, items] = await readBoth();
				const network = find(networks, reference);
				if (network.name === defaultNetwork) {
					throw new HolmError(
						'forbidden',
						`${defaultNetwork} is a pre-defined network and cannot be removed`,
						{remedy: 'it is always there'},
					);
				}

				const users = usersOf(network, items);
				if (users.length > 0) {
					throw new HolmError('conflict', `error while removing network: network ${network.name} has active endpoints (${users.map(({name, id}) => `name:"${name}" id:"${id.slice(0, 12)}"`).join(', ')})`, {remedy: 'remove its containers, also those that do not run'});
				}

				await drop(context, network);
			});
		},
		async connectNetwork(reference, wanted) {
			await context.inTurn(async () => {
				const [networks, items] = await readBoth();
				const item = await readItem(context, reference);
				const {container} = items.find(({id}) => id === item.id) ?? item;
				const network = find(networks, wanted.network);
				wantedNetworks({networks: [wanted]}, networks);
				if (container.attachments.some(({networkId}) => networkId === network.id)) {
					if (container.status.state !== 'running') {
						return;
					}

					throw new HolmError(
						'conflict',
						`endpoint with name ${container.name} already exists in network ${network.name}`,
						{remedy: 'it is connected already'},
					);
				}

				if (container.configuration.networks.some(({network: name}) => name === 'none')) {
					throw new HolmError(
						'forbidden',
						`container ${container.name} cannot be connected to multiple networks with one of the networks in private (none) mode`,
						{remedy: 'make it without the network none'},
					);
				}

				if (container.status.state !== 'created') {
					throw fixed(item);
				}

				await remake(
					context,
					item,
					{configuration: {
						...container.configuration,
						networks: [...askedNetworks(container.configuration), {...wanted, network: network.name}],
					}},
				);
			});
		},
		async disconnectNetwork(reference, containerReference) {
			await context.inTurn(async () => {
				const [networks] = await readBoth();
				const item = await readItem(context, containerReference);
				const {container} = item;
				const network = find(networks, reference);
				if (!container.attachments.some(({networkId}) => networkId === network.id)) {
					throw new HolmError(
						'conflict',
						`container ${container.name} is not connected to network ${network.name}`,
						{remedy: 'there is nothing to do'},
					);
				}

				if (container.status.state !== 'created') {
					throw fixed(item);
				}

				const left = askedNetworks(container.configuration).filter(({network: name}) => name !== network.name && name !== network.id);
				await remake(
					context,
					item,
					{configuration: {...container.configuration, networks: left.length === 0 ? [{network: 'none', aliases: []}] : left}},
				);
			});
		},
		async pruneNetworks(filters): Promise<Pruned> {
			return context.inTurn(async () => {
				const [networks, items] = await readBoth();
				const isWanted = filterOf(
					filters,
					pruneRules(({network: {labels}}: NetworkItem & {readonly createdAt: number}) => labels, Date.now()),
				);
				const going = networks.filter(item => item.name !== defaultNetwork && usersOf(item, items).length === 0
					&& isWanted({...item, createdAt: item.network.createdAt}));
				for (const network of going) {
					await drop(context, network);
				}

				publish(context, {type: 'network', action: 'prune', id: '', attributes: {reclaimed: '0'}});
				return {removed: going.map(({name}) => name), freedBytes: 0};
			});
		},
		async dnsRecords(reference) {
			const [networks, items] = await readBoth();
			const {network} = find(networks, reference);
			const running = items.filter(({container}) => container.status.state === 'running').map(({container}) => container);
			return recordsOf({gateway: network.gateway}, membersOf(network, running));
		},
	};
};
