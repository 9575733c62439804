import {HolmError} from '../../engine/errors.js';
import {formatAddress, parseAddress} from '../../rules/networks/cidr.js';
import {macOf} from '../../rules/networks/mac.js';
import {ipBatch, links, type IpLink} from './programs.js';

/** A network namespace by its path, such as `/run/netns/holm-0123abcd`. */
export type In = {readonly path: string};

/** The kernel's limit for device names, IFNAMSIZ without the final zero. */
const longestName = 15;

/** The name of a network's bridge. */
export const bridgeNameOf = (networkId: string): string => `br-${networkId}`.slice(0, longestName);

/** The name of the tap of one attachment. */
export const tapNameOf = (endpointId: string): string => `tap-${endpointId}`.slice(0, longestName);

/** Returns a device name that is safe in a batch of `ip` and in an nft script. Throws `internal` for any other. */
export const deviceName = (name: string): string => {
	if (!/^[a-z][\w\-]{0,14}$/v.test(name)) {
		throw new HolmError('internal', `${JSON.stringify(name)} is not the name of a device of this engine`);
	}

	return name;
};

const kindOf = (link: IpLink) => link.linkinfo?.info_kind;

const deviceIn = async (namespace: In, name: string): Promise<IpLink | undefined> => {
	const found = await links({namespace: namespace.path});
	return found.find(link => link.ifname === name);
};

/** Removes a device, if it exists. */
const removeDevice = async (namespace: In, name: string): Promise<void> => {
	const command = `link delete dev ${deviceName(name)}`;
	try {
		await ipBatch([command], {namespace: namespace.path});
	} catch (error) {
		if (await deviceIn(namespace, name)) {
			throw error;
		}
	}
};

export type BridgeConfiguration = {
	readonly bridge: string;
	readonly gateway: string;
	readonly prefixLength: number;
	/** Default the kernel's. */
	readonly mtu?: number;
};

const mtuOption = (mtu: number | undefined) => mtu === undefined ? '' : `mtu ${mtu} `;

/** The `ip` commands that make a bridge, or correct the existing device of its name. */
const bridgeCommands = ({bridge, gateway, prefixLength, mtu}: BridgeConfiguration, present: IpLink | undefined): readonly string[] => {
	const name = deviceName(bridge);
	const address = formatAddress(parseAddress(gateway));
	const existing = present && kindOf(present) === 'bridge' ? present : undefined;
	const addresses = existing?.addr_info?.filter(({family}) => family === 'inet') ?? [];
	const isWanted = ({local, prefixlen}: {local: string; prefixlen: number}) => local === address && prefixlen === prefixLength;
	return [
		...(present && !existing ? [`link delete dev ${name}`] : []),
		...(existing ? [] : [`link add ${name} address ${macOf(address)} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`]),
		...addresses.filter(found => !isWanted(found)).map(({local, prefixlen}) => `address delete ${local}/${prefixlen} dev ${name}`),
		...(addresses.some(found => isWanted(found)) ? [] : [`address add ${address}/${prefixLength} dev ${name}`]),
		`link set dev ${name} ${mtuOption(mtu)}address ${macOf(address)} up`,
	];
};

/**
Makes the bridges of networks, each with the gateway's address, and brings them up. An existing bridge is corrected, and loses other addresses.

They have no spanning tree and forward at once. Their MAC addresses are fixed, because otherwise they would change with the ports, and containers would lose the gateway.

`found` are the devices of the namespace, if the caller has read them.
*/
export const createBridges = async (namespace: In, bridges: readonly BridgeConfiguration[], found?: readonly IpLink[]): Promise<void> => {
	if (bridges.length > 0) {
		const present = found ?? await links({namespace: namespace.path});
		const commands = bridges.flatMap(each => bridgeCommands(each, present.find(({ifname}) => ifname === each.bridge)));
		await ipBatch(commands, {namespace: namespace.path});
	}
};

/** Makes the bridge of one network, see `createBridges`. */
export const createBridge = async (namespace: In, bridge: BridgeConfiguration): Promise<void> => {
	try {
		// A new network has no device yet.
		await ipBatch(bridgeCommands(bridge, undefined), {namespace: namespace.path});
	} catch {
		await createBridges(namespace, [bridge]);
	}
};

/** Removes a bridge, if it exists. Its taps stay, without a bridge. */
export const removeBridge = removeDevice;

export type TapConfiguration = {
	readonly tap: string;
	readonly bridge: string;
	/** The user that may attach it: the one that QEMU runs as. */
	readonly uid: number;
	/** Default the kernel's. */
	readonly mtu?: number;
};

/**
Makes a persistent tap on a bridge and brings it up. A QEMU of that user can attach it without privileges. An existing tap is kept if it has the same owner, else made again.

The tap passes no frames until the ruleset contains it. If it cannot join the bridge, it is removed.
*/
export const createTap = async (namespace: In, {tap, bridge, uid, mtu}: TapConfiguration): Promise<void> => {
	const name = deviceName(tap);
	const make = `tuntap add dev ${name} mode tap user ${uid}`;
	const join = `link set dev ${name} ${mtuOption(mtu)}master ${deviceName(bridge)} up`;
	const inNamespace = {namespace: namespace.path};
	try {
		await ipBatch([make, join], inNamespace);
		return;
	} catch (error) {
		const existing = await deviceIn(namespace, name);
		if (!existing) {
			throw error;
		}

		const {type, user} = existing.linkinfo?.info_data ?? {};
		if (type !== 'tap' || user !== uid) {
			await removeDevice(namespace, name);
		}
	}

	const kept = await deviceIn(namespace, name);
	try {
		await ipBatch([...(kept ? [] : [make]), join], inNamespace);
	} catch (error) {
		await removeDevice(namespace, name);
		throw error;
	}
};

/** Removes a tap, if it exists. */
export const removeTap = removeDevice;

export type Devices = {
	/** All devices, for `createBridges`. */
	readonly found: readonly IpLink[];
	readonly bridges: readonly string[];
	readonly taps: ReadonlyArray<{readonly tap: string; readonly bridge?: string}>;
};

/** The existing bridges and taps, to compare with the wanted ones. */
export const listDevices = async (namespace: In): Promise<Devices> => {
	const found = await links({namespace: namespace.path});
	return {
		found,
		bridges: found.filter(link => kindOf(link) === 'bridge').map(({ifname}) => ifname),
		taps: found.filter(link => kindOf(link) === 'tun').map(({ifname, master}) => ({tap: ifname, bridge: master})),
	};
};
