import {HolmError} from '../../engine/errors.js';
import {
	blockOf,
	formatAddress,
	formatCidr,
	isWithin,
	lastOf,
	isOverlapping,
	parseAddress,
	parseCidr,
	addressCount,
	type Cidr,
} from './cidr.js';

/** A block of addresses in use, and its user in the words of an error: `network web`, `a route of the host`. */
export type TakenSubnet = {readonly subnet: string; readonly by: string};

/** The pools for networks without `--subnet`, in order; each network gets a /24. */
export const defaultPools: ReadonlyArray<{readonly from: string; readonly to: string}> = [
	{from: '192.168.64.0/24', to: '192.168.255.0/24'},
	{from: '172.18.0.0/24', to: '172.31.255.0/24'},
];

const obstacleOf = (candidate: Cidr, blocks: readonly Cidr[]) => blocks.find(block => isOverlapping(block, candidate));

/**
The first /24 of the pools that overlaps no taken block.

Throws `unavailable` if there is none.
*/
export const nextSubnet = (
	{taken, pools = defaultPools}: {readonly taken: readonly string[]; readonly pools?: typeof defaultPools},
): string => {
	const blocks = taken.map(subnet => parseCidr(subnet));
	for (const pool of pools) {
		const {first, prefixLength} = parseCidr(pool.from);
		const last = parseCidr(pool.to).first;
		for (let address = first; address <= last;) {
			const candidate = blockOf(address, prefixLength);
			const obstacle = obstacleOf(candidate, blocks);
			if (!obstacle) {
				return formatCidr(candidate);
			}

			address = blockOf(Math.max(lastOf(obstacle), lastOf(candidate)), prefixLength).first + addressCount(candidate);
		}
	}

	throw new HolmError('unavailable', 'every subnet of the address pool is in use', {remedy: 'remove a network, or name a subnet with --subnet'});
};

/** Excludes the network and broadcast addresses (RFC 919, section 7). */
const isHostOf = (subnet: Cidr, address: number) => address > subnet.first && address < lastOf(subnet);

export type SubnetConfiguration = {
	readonly subnet: string;
	readonly gateway?: string;
	readonly ipRange?: string;
	readonly auxiliaryAddresses?: Readonly<Record<string, string>>;
};

/** Addresses that the user has reserved, in their written form. Throws `invalid` and `conflict` as `validateNetwork` does. */
const checkAuxiliary = (addresses: Readonly<Record<string, string>>, subnet: Cidr, gateway: number): Readonly<Record<string, string>> => {
	const used = new Map([[gateway, 'the gateway']]);
	return Object.fromEntries(Object.entries(addresses).map(([name, text]) => {
		const address = parseAddress(text);
		const holder = JSON.stringify(name.slice(0, 100));
		if (!isHostOf(subnet, address)) {
			throw new HolmError('invalid', `auxiliary address ${formatAddress(address)} of ${holder} is not an address of subnet ${formatCidr(subnet)}`, {remedy: `choose one from ${formatAddress(subnet.first + 1)} to ${formatAddress(lastOf(subnet) - 1)}`});
		}

		const other = used.get(address);
		if (other !== undefined) {
			throw new HolmError('conflict', `auxiliary address ${formatAddress(address)} of ${holder} is that of ${other}`, {remedy: 'choose another one'});
		}

		used.set(address, holder);
		return [name, formatAddress(address)];
	}));
};

/**
Checks a network's addresses. Default gateway: the first address of the subnet.

Throws `invalid` if something is malformed or outside the subnet, or if the subnet is too small for a gateway and a container (a prefix longer than /30); throws `conflict` if the subnet overlaps a taken block, or if an auxiliary address is another's.
*/
export const validateNetwork = (
	configuration: SubnetConfiguration,
	taken: readonly TakenSubnet[],
): Omit<SubnetConfiguration, 'gateway'> & {readonly gateway: string} => {
	const subnet = parseCidr(configuration.subnet);
	const written = formatCidr(subnet);
	if (subnet.prefixLength > 30) {
		throw new HolmError('invalid', `subnet ${written} has no room for a gateway and a container`, {remedy: 'the longest prefix is /30'});
	}

	if (subnet.prefixLength < 8) {
		throw new HolmError('invalid', `subnet ${written} is larger than any private network`, {remedy: 'the shortest prefix is /8, as in 10.0.0.0/8'});
	}

	const reserved = ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/3'].find(block => isOverlapping(parseCidr(block), subnet));
	if (reserved) {
		throw new HolmError('invalid', `subnet ${written} lies in ${reserved}, whose addresses no machine can have`, {remedy: 'take one of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16'});
	}

	const obstacle = taken.find(other => isOverlapping(parseCidr(other.subnet), subnet));
	if (obstacle) {
		throw new HolmError('conflict', `subnet ${written} overlaps ${obstacle.subnet} of ${obstacle.by}`, {remedy: 'choose another --subnet, or leave it out'});
	}

	const gateway = configuration.gateway === undefined ? subnet.first + 1 : parseAddress(configuration.gateway);
	if (!isHostOf(subnet, gateway)) {
		throw new HolmError('invalid', `gateway ${formatAddress(gateway)} is not an address of subnet ${written}`, {remedy: `choose one from ${formatAddress(subnet.first + 1)} to ${formatAddress(lastOf(subnet) - 1)}`});
	}

	const auxiliary = checkAuxiliary(configuration.auxiliaryAddresses ?? {}, subnet, gateway);
	const plan = {subnet: written, gateway: formatAddress(gateway), ...Object.keys(auxiliary).length > 0 && {auxiliaryAddresses: auxiliary}};
	if (configuration.ipRange === undefined) {
		return plan;
	}

	const range = parseCidr(configuration.ipRange);
	if (!isWithin(subnet, range.first) || !isWithin(subnet, lastOf(range))) {
		throw new HolmError('invalid', `ip range ${formatCidr(range)} lies outside subnet ${written}`, {remedy: 'choose a block within the subnet'});
	}

	return {...plan, ipRange: formatCidr(range)};
};

export type LeaseRequest = {
	readonly subnet: string;
	readonly gateway: string;
	/** The block for automatic leases; a requested address may lie outside it. */
	readonly ipRange?: string;
	/** Never leased. */
	readonly auxiliaryAddresses?: Readonly<Record<string, string>>;
	readonly taken: readonly string[];
	readonly wanted?: string;
};

/**
Leases the wanted address, or the lowest free one.

Throws `invalid` for a wanted address outside the subnet, `conflict` if it is in use, and `unavailable` if all addresses are.
*/
export const leaseAddress = ({subnet, gateway, ipRange, auxiliaryAddresses = {}, taken, wanted}: LeaseRequest): string => {
	const block = parseCidr(subnet);
	const used = new Set([gateway, ...Object.values(auxiliaryAddresses), ...taken].map(address => parseAddress(address)));
	if (wanted !== undefined) {
		const address = parseAddress(wanted);
		if (!isHostOf(block, address)) {
			throw new HolmError('invalid', `address ${wanted} is not one of subnet ${subnet}`, {remedy: `choose one from ${formatAddress(block.first + 1)} to ${formatAddress(lastOf(block) - 1)}`});
		}

		if (used.has(address)) {
			const isReserved = Object.values(auxiliaryAddresses).includes(formatAddress(address));
			throw new HolmError('conflict', address === parseAddress(gateway) ? `address ${wanted} is the gateway's` : `address ${wanted} is ${isReserved ? 'reserved' : 'already in use'} on subnet ${subnet}`, {remedy: 'choose another one, or leave it out'});
		}

		return formatAddress(address);
	}

	const range = ipRange === undefined ? block : parseCidr(ipRange);
	for (let address = Math.max(range.first, block.first + 1); address <= Math.min(lastOf(range), lastOf(block) - 1); address++) {
		if (!used.has(address)) {
			return formatAddress(address);
		}
	}

	throw new HolmError('unavailable', `every address of ${formatCidr(range)} is in use`, {remedy: 'remove a container from the network, or make one with a larger subnet'});
};
