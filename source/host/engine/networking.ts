import {messageOf} from '../../engine/errors.js';
import type {Attachment, Container, PublishedPort} from '../../engine/resources.js';
import {
	bridgeNameOf,
	createBridge,
	createBridges,
	createTap,
	listDevices,
	removeBridge,
	removeTap,
	tapNameOf,
	type BridgeConfiguration,
} from '../bridges/bridge.js';
import type {Forward} from '../bridges/forward.js';
import {hostUpstreams} from '../bridges/routes.js';
import {applyUdpAnswers} from '../bridges/udp-answers.js';
import {applyRuleset, rulesetOf} from '../bridges/ruleset.js';
import {mtuOf} from '../../rules/networks/mtu.js';
import {wantedPorts} from '../../rules/containers/wanted-ports.js';
import {machineUidOf} from '../guest.js';
import {createQueue, createRefresh} from '../../engine/queue.js';
import {machineOf, type Entry, type NetworkRecord, type Context} from './context.js';
import {takeAddresses} from './leases.js';
import {forwardsFor, nameServerTableFor, rulesetFor} from './wanted-state.js';

/** Keeps the bridges, taps, rules, names and published ports of an engine in line with its containers. */
export type Networking = {
	/** Creates a network's bridge, its rules and its name server. */
	readonly openNetwork: (network: NetworkRecord) => Promise<void>;
	/** Removes them. The network must already be deleted from the engine's networks. */
	readonly closeNetwork: (network: NetworkRecord) => Promise<void>;
	/** Takes a container's addresses. Throws `conflict` if a running container has a requested one. */
	readonly takeAddresses: (entry: Entry) => Promise<void>;
	/** Listens on a container's ports and resolves with the ports in use. Throws the forwarder's error, and then listens on none. */
	readonly publishPorts: (entry: Entry) => Promise<readonly PublishedPort[]>;
	/** Creates a container's taps, rules and names. */
	readonly plug: (entry: Entry) => Promise<void>;
	/** Creates the tap of a new attachment, and publishes ports that had no network to lead to. */
	readonly plugOne: (entry: Entry, attachment: Attachment) => Promise<void>;
	/** Removes the tap of a removed attachment, and lets the container's ports lead to its next one. */
	readonly unplugOne: (entry: Entry, attachment: Attachment) => Promise<void>;
	/** Removes everything of a container; continues on errors and resolves with them. */
	readonly disconnect: (entry: Entry) => Promise<readonly unknown[]>;
	/** Makes the host's rules for answers of UDP ports again, after the host's firewall was flushed. */
	readonly repairAnswers: () => Promise<void>;
	/** Publishes changed names. */
	readonly refreshNames: () => Promise<void>;
	/** Repairs all of it for the running containers when the engine opens. */
	readonly repair: () => Promise<void>;
};

const portOf = ({hostAddress, hostPort, protocol, targetPort}: Forward): PublishedPort => ({
	hostAddress, hostPort, containerPort: targetPort, protocol,
});

export const createNetworking = (context: Context): Networking => {
	const {namespace, nameServer, forwarder, networks, containers} = context;
	const published = new Set<string>();
	const link = {device: namespace.device, hostAddress: namespace.hostAddress};
	const connected = (): readonly Container[] => containers.values()
		.filter(({container}) => context.connected.has(container.id))
		.map(({container}) => container)
		.toArray();
	const refreshRules = createRefresh(async () => applyRuleset(namespace, rulesetOf(rulesetFor(link, [...networks.values()], connected()))));
	const refreshNames = createRefresh(async () => {
		const upstreams = await hostUpstreams();
		await nameServer.replace(nameServerTableFor(link, [...networks.values()], connected(), upstreams));
	});
	const forwards = createQueue();

	const makeTap = async (container: Container, {endpointId, networkId}: Attachment) => createTap(namespace, {
		tap: tapNameOf(endpointId),
		bridge: bridgeNameOf(networkId),
		uid: machineUidOf(container.id),
		mtu: mtuOf(networks.get(networkId)?.options),
	});

	const bridgeOf = ({id, gateway, subnet, options}: NetworkRecord): BridgeConfiguration => ({
		bridge: bridgeNameOf(id), gateway, prefixLength: Number(subnet.split('/')[1]), mtu: mtuOf(options),
	});

	const otherForwards = (except?: Entry) => containers.values()
		.filter(entry => entry !== except && published.has(entry.container.id))
		.flatMap(({container}) => forwardsFor(container))
		.toArray();

	let answered: string | undefined;
	/** A failure leaves the ports as they are: their answers then leave from the address of the route. */
	const answerUdp = async (table: readonly Forward[], {isForced = false} = {}) => {
		const ports = table
			.filter(({protocol, hostAddress}) => protocol === 'udp' && (hostAddress === '0.0.0.0' || hostAddress === '::'))
			.map(({hostPort}) => hostPort);
		const wanted = [...new Set(ports)].toSorted((a, b) => a - b);
		if (String(wanted) === answered && !isForced) {
			return;
		}

		try {
			await applyUdpAnswers(namespace.hostDevice, wanted);
			answered = String(wanted);
		} catch (error) {
			answered = undefined;
			context.log(`answers of published UDP ports may leave from another address of the host: ${messageOf(error)}`);
		}
	};

	/** Replaces the forwarder's table. */
	const replaceForwards = async (table: readonly Forward[]): Promise<readonly Forward[]> => {
		const present = await forwarder.replace(table);
		await answerUdp(present);
		return present;
	};

	const publishPorts: Networking['publishPorts'] = async entry => forwards(async () => {
		const {container} = entry;
		const wanted = forwardsFor({...container, ports: wantedPorts(container)});
		if (wanted.length === 0) {
			return [];
		}

		const others = otherForwards(entry);
		const table = await replaceForwards([...others, ...wanted]);
		published.add(container.id);
		return table.slice(others.length).map(forward => portOf(forward));
	});

	/** Lets the ports of a running container lead to its first network, which may have changed. Without a network nothing listens, and the chosen ports are remembered. */
	const moveForwards = async (entry: Entry) => forwards(async () => {
		const {container} = entry;
		const ports = container.ports.length > 0 ? container.ports : wantedPorts(container);
		const wanted = forwardsFor({...container, ports});
		if (wanted.length === 0 && !published.has(container.id)) {
			return;
		}

		const others = otherForwards(entry);
		const table = await replaceForwards([...others, ...wanted]);
		published.add(container.id);
		if (wanted.length > 0) {
			entry.container = {...entry.container, ports: table.slice(others.length).map(forward => portOf(forward))};
		}
	});

	const withdrawPorts = async ({container}: Entry) => forwards(async () => {
		if (published.delete(container.id)) {
			await replaceForwards(otherForwards());
		}
	});

	/** Resolves with the devices that it found. */
	const removeStrays = async () => {
		const bridges = new Set(networks.values().map(({id}) => bridgeNameOf(id)));
		const taps = new Set(connected().flatMap(({attachments}) => attachments.map(({endpointId}) => tapNameOf(endpointId))));
		const devices = await listDevices(namespace);
		const strayTaps = devices.taps.filter(({tap}) => !taps.has(tap));
		for (const {tap} of strayTaps) {
			await removeTap(namespace, tap);
		}

		const strayBridges = devices.bridges.filter(bridge => !bridges.has(bridge));
		for (const bridge of strayBridges) {
			await removeBridge(namespace, bridge);
		}

		return devices.found;
	};

	return {
		async openNetwork(network) {
			await createBridge(namespace, bridgeOf(network));
			// Only now: a concurrent refresh makes the name server listen on the gateway of every known network.
			networks.set(network.id, network);
			await Promise.all([refreshRules(), refreshNames()]);
		},
		async closeNetwork({id}) {
			// The name server must stop listening before the address is removed.
			await Promise.all([refreshRules(), refreshNames()]);
			await removeBridge(namespace, bridgeNameOf(id));
		},
		takeAddresses: async entry => context.registry(async () => {
			entry.container = {...entry.container, attachments: takeAddresses(context, entry)};
			context.connected.add(entry.container.id);
		}),
		publishPorts,
		async plug(entry) {
			const {container} = entry;
			await Promise.all([
				...container.attachments.map(async attachment => makeTap(container, attachment)),
				refreshRules(),
				refreshNames(),
			]);
		},
		async plugOne(entry, attachment) {
			await Promise.all([makeTap(entry.container, attachment), refreshRules(), refreshNames(), moveForwards(entry)]);
		},
		async unplugOne(entry, {endpointId}) {
			await removeTap(namespace, tapNameOf(endpointId));
			await Promise.all([refreshRules(), refreshNames(), moveForwards(entry)]);
		},
		async disconnect(entry) {
			const {container} = entry;
			context.connected.delete(container.id);
			const results = await Promise.allSettled([
				...container.attachments.map(async ({endpointId}) => removeTap(namespace, tapNameOf(endpointId))),
				refreshRules(),
				refreshNames(),
				withdrawPorts(entry),
			]);
			return results.filter(result => result.status === 'rejected').map((result): unknown => result.reason);
		},
		refreshNames,
		repairAnswers: async () => forwards(async () => answerUdp(otherForwards(), {isForced: true})),
		async repair() {
			for (const entry of containers.values()) {
				if (machineOf(entry)) {
					context.connected.add(entry.container.id);
				}
			}

			const found = await removeStrays();
			await createBridges(namespace, networks.values().map(network => bridgeOf(network)).toArray(), found);
			await Promise.all([refreshRules(), refreshNames()]);
			for (const entry of containers.values().filter(entry => machineOf(entry))) {
				try {
					published.add(entry.container.id);
					await replaceForwards(otherForwards());
				} catch (error) {
					published.delete(entry.container.id);
					context.log(`the ports of ${entry.container.name} are not published: ${messageOf(error)}`);
				}
			}

			if (published.size === 0) {
				await replaceForwards([]);
			}
		},
	};
};
