import {HolmError, messageOf} from '../../engine/errors.js';
import type {NetworksVerbs} from '../../engine/networks.js';
import type {
	Attachment,
	Container,
	Filters,
	Network,
	NetworkConfiguration,
} from '../../engine/resources.js';
import {bridgeNameOf} from '../bridges/bridge.js';
import {nextSubnet, validateNetwork, type TakenSubnet} from '../../rules/networks/ipam.js';
import {hostRoutes} from '../bridges/routes.js';
import {newId} from '../containers/id.js';
import {filterOf} from '../../rules/filters.js';
import {networkRules, pruneRules} from '../../rules/item-filters.js';
import {networkName} from '../../rules/names.js';
import {leasesOf, membersOf, requestedNetworks} from '../../rules/networks/attachments.js';
import {mtuOf} from '../../rules/networks/mtu.js';
import {recordsOf} from '../../rules/networks/zone.js';
import {quote} from '../../text/escape.js';
import {removeRecord, writeRecord} from '../store/records.js';
import type {Networking} from './networking.js';
import {
	attachedTo,
	findContainer,
	findNetwork,
	hasNetwork,
	isDefault,
} from './find.js';
import {
	builderName,
	defaultNetwork,
	isLive,
	machineOf,
	publish,
	publishNetworkEvents,
	saveContainer,
	type Entry,
	type NetworkRecord,
	type Context,
} from './context.js';
import type {VerbContext} from './verb-context.js';
import {attachedIn, leaseAttachment} from './leases.js';
import {hostnameOf, resolverFileOf} from './start-message.js';
import {devicesFor, wayOut} from './wanted-state.js';

/** The containers that keep a network from being removed: those that run, as in Docker. */
const holdersOf = (context: Context, networkId: string): readonly Entry[] =>
	attachedTo(context, networkId).filter(({container}) => context.connected.has(container.id));

/** Whether the network of an attachment was removed while its container did not run. */
const isLost = ({networks}: Context, {networkId}: Attachment): boolean => !networks.has(networkId);

export const describeNetwork = (context: Context, record: NetworkRecord): Network => ({
	...record,
	leases: leasesOf(record.id, attachedIn(context)),
	bridge: bridgeNameOf(record.id),
});

/** Blocks that a new network must not overlap. The host's routes are read each time: a VPN may have come up. */
const takenSubnets = async ({networks}: Context): Promise<readonly TakenSubnet[]> => {
	const routes = await hostRoutes();
	return [
		...networks.values().map(({name, subnet}) => ({subnet, by: `network ${name}`})),
		...routes.map(subnet => ({subnet, by: 'a route of the host'})),
	];
};

const reservedNames = new Set(['none', 'host', 'default', defaultNetwork, builderName]);

/** Creates a network with its bridge; on failure nothing is left. The caller must hold the registry. */
export const makeNetwork = async (
	context: Context,
	networking: Networking,
	configuration: NetworkConfiguration & Pick<NetworkRecord, 'role'>,
): Promise<NetworkRecord> => {
	mtuOf(configuration.options);
	const taken = await takenSubnets(context);
	const plan = validateNetwork({
		...configuration, subnet: configuration.subnet ?? nextSubnet({taken: taken.map(block => block.subnet)}),
	}, taken);
	const record: NetworkRecord = {
		id: newId(),
		name: configuration.name,
		createdAt: Date.now(),
		driver: 'bridge',
		...plan,
		internal: configuration.internal,
		labels: configuration.labels,
		...configuration.role && {role: configuration.role},
		...configuration.options && {options: configuration.options},
	};
	try {
		await networking.openNetwork(record);
		await writeRecord(context.paths.network(record.id), record);
	} catch (error) {
		context.networks.delete(record.id);
		await networking.closeNetwork(record).catch(() => undefined);
		throw error;
	}

	publish(context, {type: 'network', action: 'create', id: record.id, attributes: {name: record.name, type: 'bridge'}});
	return record;
};

/** Removes a network that nothing uses: its record, its bridge, its rules and its name server. */
export const dropNetwork = async (context: Context, networking: Networking, record: NetworkRecord): Promise<void> => {
	await removeRecord(context.paths.network(record.id));
	context.networks.delete(record.id);
	await networking.closeNetwork(record);
};

const deleteNetwork = async (context: Context, networking: Networking, record: NetworkRecord): Promise<void> => {
	const holders = holdersOf(context, record.id);
	if (isDefault(record) || record.role) {
		throw new HolmError('forbidden', `${record.name} is a pre-defined network and cannot be removed`, {remedy: record.role ? 'holm builder rm removes it with the builder' : 'it uses nothing while no container is connected'});
	}

	if (holders.length > 0) {
		const names = holders.map(({container}) => container.name).join(', ');
		throw new HolmError('conflict', `error while removing network: network ${record.name} id ${record.id.slice(0, 12)} has active endpoints: ${names}`, {remedy: `stop or disconnect ${holders.length > 1 ? 'those containers' : 'that container'} first`});
	}

	await dropNetwork(context, networking, record);
	publish(context, {type: 'network', action: 'destroy', id: record.id, attributes: {name: record.name, type: 'bridge'}});
};

/** Makes `/etc/hosts` of a running container name it at its addresses only. Other lines, which the container may have added, stay. */
const hostsCommand = ({container}: Entry, gone: readonly string[]): string => {
	const addresses = container.attachments.map(({address}) => address);
	const pattern = [...gone, ...addresses].map(address => `^${address.replaceAll('.', '[.]')}[[:space:]]`).join('|');
	const lines = addresses.map(address => `${address}\t${hostnameOf(container)}\n`).join('');
	// The file is mounted in the container and must stay the same one.
	return `cd /run/holm/files && { grep -Ev ${quote(pattern)} hosts; printf %s ${quote(lines)}; } > hosts.new; cat hosts.new > hosts && rm hosts.new`;
};

/** Updates the files of a running container that depend on its networks. If the guest does not answer, it keeps the old ones until a restart. */
const rewriteFiles = async (context: Context, entry: Entry, gone: readonly string[] = []): Promise<void> => {
	try {
		await machineOf(entry)?.agent.run(`cat > /run/holm/files/resolv.conf; ${hostsCommand(entry, gone)}`, Buffer.from(resolverFileOf(context, entry.container)));
	} catch (error) {
		context.log(`/etc/resolv.conf and /etc/hosts of ${entry.container.name} were not changed: ${messageOf(error)}`);
	}
};

const setDefaultRoute = async (context: Context, entry: Entry): Promise<void> => {
	const {container, devices} = entry;
	const out = wayOut(container.attachments, context.networks);
	const device = out && devices[out.endpointId];
	await machineOf(entry)?.agent.run(device === undefined
		? 'ip route del default 2>/dev/null || true'
		: `ip route replace default via ${quote(out!.gateway)} dev ${quote(device)}`);
};

const freeDeviceName = (devices: Readonly<Record<string, string>>): string => {
	const used = new Set(Object.values(devices));
	let index = 0;
	while (used.has(`eth${index}`)) {
		index++;
	}

	return `eth${index}`;
};

/** All networks that match the filters: the default one first, then by age, oldest first. */
export const listNetworks = (context: Context, filters: Filters = {}): readonly Network[] => {
	const matches = filterOf(filters, networkRules);
	return context.networks.values()
		.filter(({role}) => role === undefined)
		.map(record => describeNetwork(context, record))
		.filter(network => matches(network))
		.toArray()
		.toSorted((one, other) => Number(isDefault(other)) - Number(isDefault(one)) || one.createdAt - other.createdAt);
};

export const networksVerbs = (context: VerbContext): Required<NetworksVerbs> => {
	const {networking} = context;

	const connect: NetworksVerbs['connectNetwork'] = async (reference, wanted) => {
		const entry = findContainer(context, reference);
		await entry.queue(async () => {
			const network = findNetwork(context, wanted.network);
			const {container: before, devices: devicesBefore} = entry;
			if (before.attachments.some(({networkId}) => networkId === network.id)) {
				if (!isLive(entry)) {
					// As with Docker, it keeps the settings that it has. Clients connect containers in their first network once more.
					return;
				}

				throw new HolmError('conflict', `container ${before.name} is already attached to network ${network.name}`, {remedy: `holm network disconnect ${network.name} ${before.name}`});
			}

			const attachment = await context.registry(async () => {
				const leased = leaseAttachment(context, wanted, {isRunning: context.connected.has(before.id)});
				// It takes the place of a removed network of its name.
				const others = before.attachments.filter(other => other.network !== network.name || !isLost(context, other));
				const requests = requestedNetworks(before).filter(request => request.network !== network.name);
				entry.container = {
					...before,
					attachments: [...others, leased],
					configuration: {...before.configuration, networks: [...requests, {...wanted, network: network.name}]},
				};
				return leased;
			});
			try {
				if (isLive(entry)) {
					const devices = devicesFor(entry.container.attachments, context.networks);
					const device = devices.find(({endpointId}) => endpointId === attachment.endpointId)!;
					const name = freeDeviceName(entry.devices);
					entry.devices = {...entry.devices, [attachment.endpointId]: name};
					await networking.plugOne(entry, attachment);
					await machineOf(entry)!.plug({...device, name});
					await rewriteFiles(context, entry);
				}

				await saveContainer(context, entry);
			} catch (error) {
				entry.container = {...entry.container, attachments: before.attachments, configuration: before.configuration};
				entry.devices = devicesBefore;
				if (isLive(entry)) {
					await networking.unplugOne(entry, attachment).catch(() => undefined);
				}

				throw error;
			}

			publishNetworkEvents(context, entry, 'connect', [attachment]);
		});
	};

	const disconnect: NetworksVerbs['disconnectNetwork'] = async (networkReference, reference) => {
		const entry = findContainer(context, reference);
		await entry.queue(async () => {
			const lost = entry.container.attachments.filter(attachment => isLost(context, attachment))
				.find(attachment => [attachment.network, attachment.networkId].includes(networkReference));
			const network = lost ? {id: lost.networkId, name: lost.network} : findNetwork(context, networkReference);
			const attachment = entry.container.attachments.find(({networkId}) => networkId === network.id);
			if (!attachment) {
				throw new HolmError('conflict', `container ${entry.container.name} is not connected to network ${network.name}`, {remedy: `holm network inspect ${network.name} lists its containers`});
			}

			if (isLive(entry)) {
				await machineOf(entry)!.unplug(attachment.endpointId);
			}

			const {[attachment.endpointId]: _gone, ...devices} = entry.devices;
			entry.devices = devices;
			const {container} = entry;
			entry.container = {
				...container,
				attachments: container.attachments.filter(other => other !== attachment),
				configuration: {
					...container.configuration, networks: requestedNetworks(container).filter(wanted => wanted.network !== network.name),
				},
			};
			await saveContainer(context, entry);
			if (isLive(entry)) {
				await networking.unplugOne(entry, attachment);
				await setDefaultRoute(context, entry);
				await rewriteFiles(context, entry, [attachment.address]);
			}

			publishNetworkEvents(context, entry, 'disconnect', [attachment]);
		});
	};

	return {
		networks: async filters => listNetworks(context, filters),
		network: async reference => describeNetwork(context, findNetwork(context, reference)),
		async createNetwork(configuration) {
			networkName(configuration.name);
			if (configuration.driver !== '' && configuration.driver !== 'bridge') {
				throw new HolmError('unsupported', `there is no network driver ${JSON.stringify(configuration.driver.slice(0, 64))}`, {remedy: 'the only one is bridge'});
			}

			return context.registry(async () => {
				if (reservedNames.has(configuration.name) || hasNetwork(context, configuration.name)) {
					throw new HolmError('conflict', `network with name ${configuration.name} already exists`, {remedy: reservedNames.has(configuration.name) ? 'choose another name: this one is reserved' : `choose another name, or remove it first: holm network rm ${configuration.name}`});
				}

				const {id} = await makeNetwork(context, networking, configuration);
				return {id};
			});
		},
		removeNetwork: async reference => context.registry(async () => deleteNetwork(context, networking, findNetwork(context, reference))),
		connectNetwork: connect,
		disconnectNetwork: disconnect,
		pruneNetworks: async (filters = {}) => context.registry(async () => {
			const matches = filterOf(filters, pruneRules(({labels}: Network) => labels, Date.now()));
			const removable = context.networks.values()
				.filter(record => !isDefault(record) && record.role === undefined)
				.filter(record => holdersOf(context, record.id).length === 0 && matches(describeNetwork(context, record)))
				.toArray();
			for (const record of removable) {
				await deleteNetwork(context, networking, record);
			}

			return {removed: removable.map(({name}) => name), freedBytes: 0};
		}),
		async dnsRecords(reference) {
			const network = findNetwork(context, reference);
			const live = context.containers.values().filter(entry => machineOf(entry) && isLive(entry)).map(({container}) => container).toArray();
			return recordsOf({gateway: network.gateway, hostAddress: context.namespace.hostAddress}, membersOf(network, live));
		},
	};
};
