import {HolmError} from '../../engine/errors.js';

/** A block of IPv4 addresses: its first address as a number, and the length of its prefix. */
export type Cidr = {readonly first: number; readonly prefixLength: number};

const octet = /^(?:0|[1-9]\d{0,2})$/v;

/**
Parses an IPv4 address in dotted form into a number.

Throws `invalid`. Leading zeros are refused: some programs read `010` as eight, others as ten.
*/
export const parseAddress = (text: string): number => {
	const octets = text.split('.');
	if (octets.length !== 4 || octets.some(part => !octet.test(part) || Number(part) > 255)) {
		throw new HolmError('invalid', `${JSON.stringify(text.slice(0, 60))} is not an IPv4 address`, {remedy: 'write four numbers from 0 to 255, such as 192.168.70.1'});
	}

	return octets.reduce((sum, part) => (sum * 256) + Number(part), 0);
};

/** The four octets of an address, highest first. */
export const octetsOf = (address: number): readonly number[] => [2 ** 24, 2 ** 16, 2 ** 8, 1].map(unit => Math.floor(address / unit) % 256);

export const formatAddress = (address: number): string => octetsOf(address).join('.');

/** The number of addresses in a block. */
export const addressCount = ({prefixLength}: Cidr): number => 2 ** (32 - prefixLength);

/** The last address of a block, its broadcast address. */
export const lastOf = (cidr: Cidr): number => cidr.first + addressCount(cidr) - 1;

export const formatCidr = ({first, prefixLength}: Cidr): string => `${formatAddress(first)}/${prefixLength}`;

/** The block of the given prefix length that contains an address. */
export const blockOf = (address: number, prefixLength: number): Cidr => {
	const size = 2 ** (32 - prefixLength);
	return {first: Math.floor(address / size) * size, prefixLength};
};

/**
Parses a block such as `192.168.70.0/24`.

Throws `invalid` if it is malformed, or if the address has bits below the prefix; the remedy then names the block that contains it.
*/
export const parseCidr = (text: string): Cidr => {
	const match = /^(?<address>[\d.]+)\/(?<length>0|[1-9]\d?)$/v.exec(text);
	const prefixLength = Number(match?.groups?.length);
	if (!match || prefixLength > 32) {
		throw new HolmError('invalid', `${JSON.stringify(text.slice(0, 60))} is not a subnet`, {remedy: 'write an address and a prefix length, such as 192.168.70.0/24'});
	}

	const address = parseAddress(match.groups!.address!);
	const block = blockOf(address, prefixLength);
	if (block.first !== address) {
		throw new HolmError('invalid', `${text} is an address within a subnet, not a subnet`, {remedy: `write ${formatCidr(block)}`});
	}

	return block;
};

export const isWithin = (cidr: Cidr, address: number): boolean => address >= cidr.first && address <= lastOf(cidr);

/** Whether two blocks share addresses, that is, whether one contains the other. */
export const isOverlapping = (one: Cidr, other: Cidr): boolean => one.first <= lastOf(other) && other.first <= lastOf(one);
