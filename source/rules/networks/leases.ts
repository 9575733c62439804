import {HolmError} from '../../engine/errors.js';
import type {AttachmentConfiguration, Network} from '../../engine/resources.js';
import {leaseAddress} from './ipam.js';
import {addressOfMac, macOf, parseMac} from './mac.js';

/*
When an address is taken: at a container's start, as in Docker, until its run has ended. So a service is recreated with its fixed address while the old container still runs. Before and between, a container's addresses are only reserved. Automatic leases avoid reservations. A request for an address does not: a reservation that was leased automatically gives way, and its container gets another address at its next start; of two containers that request the same address, one runs at a time.
*/

/** The addresses of a container on a network. */
export type Holder = {
	readonly address: string;
	readonly mac: string;
	/** Whether it has taken them. */
	readonly isRunning: boolean;
	/** Whether it requested the address. */
	readonly isRequested: boolean;
};

type Request = {
	readonly network: Pick<Network, 'name' | 'subnet' | 'gateway' | 'ipRange' | 'auxiliaryAddresses'>;
	readonly wanted?: Pick<AttachmentConfiguration, 'address' | 'mac'>;
	/** The other containers of the network. */
	readonly holders: readonly Holder[];
};

const subnetOf = ({subnet, gateway, auxiliaryAddresses}: Request['network']) => ({subnet, gateway, auxiliaryAddresses});

type Addresses = Pick<Holder, 'address' | 'mac'>;

const addressesOf = (holders: readonly Holder[]) => holders.map(({address}) => address);

/** The addresses that an automatic lease avoids: also those whose MAC address another container has requested. */
const avoidedFor = ({wanted}: Request, holders: readonly Holder[]): readonly string[] => [
	...addressesOf(holders), ...wanted?.mac === undefined ? holders.flatMap(({mac}) => addressOfMac(mac) ?? []) : [],
];

/** Leases the lowest free address; if all are taken or reserved, one whose reservation gives way. */
const leaseAny = (request: Request): string => {
	const {network: {subnet, gateway, ipRange, auxiliaryAddresses}, holders} = request;
	const lease = (taken: readonly Holder[]) => leaseAddress({
		subnet, gateway, ipRange, auxiliaryAddresses, taken: avoidedFor(request, taken),
	});
	try {
		return lease(holders);
	} catch (error) {
		const firm = holders.filter(({isRunning, isRequested}) => isRunning || isRequested);
		if (firm.length === holders.length) {
			throw error;
		}

		return lease(firm);
	}
};

const assertFree = ({name, gateway}: Request['network'], mac: string, holders: readonly Holder[]): string => {
	if (mac === macOf(gateway) || holders.some(holder => holder.mac === mac)) {
		throw new HolmError('conflict', `MAC address ${mac} is in use on network ${name}`, {remedy: 'choose another one, or leave it out'});
	}

	return mac;
};

/** Chooses addresses on a network: to take at once for a container that runs, to reserve for others. Throws the errors of `leaseAddress`; `conflict` for a request only if a running container has the address. */
export const chooseAddresses = (request: Request, {isRunning}: {readonly isRunning: boolean}): Addresses => {
	const {network, wanted, holders} = request;
	const running = isRunning ? holders.filter(holder => holder.isRunning) : [];
	const address = wanted?.address === undefined
		? leaseAny(request)
		: leaseAddress({...subnetOf(network), wanted: wanted.address, taken: addressesOf(running)});
	return {address, mac: assertFree(network, wanted?.mac === undefined ? macOf(address) : parseMac(wanted.mac), running)};
};

/** The addresses that a container with a reservation takes at its start. Throws `conflict` if a running container has a requested one. */
export const takeReserved = (reserved: Addresses, request: Request): Addresses => {
	const {network, wanted, holders} = request;
	const running = holders.filter(({isRunning}) => isRunning);
	if (wanted?.address === undefined && avoidedFor(request, running).includes(reserved.address)) {
		return chooseAddresses(request, {isRunning: true});
	}

	leaseAddress({...subnetOf(network), wanted: reserved.address, taken: addressesOf(running)});
	return {address: reserved.address, mac: assertFree(network, reserved.mac, running)};
};
