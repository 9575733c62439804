import {HolmError} from '../../engine/errors.js';

/** A block of IPv4 addresses: its first address as a number, and the length of its prefix. */
export type Cidr = {readonly first: number; readonly prefixLength: number};

const octet = /^(?:0|[1-9]\d{0,2})$/v;

/**
The number of an IPv4 address in dotted form.

Throws `invalid` for anything else. An octet has no leading zero, because some programs read `010` as eight and others as ten.
*/
export const parseAddress = (text: string): number => {
	const octets = text.split('.');
	if (octets.length !== 4 || octets.some(part => !octet.test(part) || Number(part) > 255)) {
		throw new HolmError('invalid', `${JSON.stringify(text)} is not an IPv4 address`, {remedy: 'write four numbers from 0 to 255, such as 192.168.70.1'});
	}

	return octets.reduce((sum, part) => (sum * 256) + Number(part), 0);
};

/** The four octets of an address, highest first. */
export const octetsOf = (address: number): readonly number[] => [2 ** 24, 2 ** 16, 2 ** 8, 1].map(unit => Math.floor(address / unit) % 256);

export const formatAddress = (address: number): string => octetsOf(address).join('.');

/** How many addresses a block has. */
export const addressCount = ({prefixLength}: Cidr): number => 2 ** (32 - prefixLength);

/** The last address of a block, its broadcast address. */
export const lastOf = (cidr: Cidr): number => cidr.first + addressCount(cidr) - 1;

export const formatCidr = ({first, prefixLength}: Cidr): string => `${formatAddress(first)}/${prefixLength}`;

/** The block of that prefix length in which an address lies. */
export const blockOf = (address: number, prefixLength: number): Cidr => {
	const size = 2 ** (32 - prefixLength);
	return {first: Math.floor(address / size) * size, prefixLength};
};

/**
Reads a block such as `192.168.70.0/24`.

Throws `invalid` when it is malformed, and when the address has bits below the prefix: then the error names the block that may have been meant.
*/
export const parseCidr = (text: string): Cidr => {
	const match = /^(?<address>[\d.]+)\/(?<length>0|[1-9]\d?)$/v.exec(text);
	const prefixLength = Number(match?.groups?.length);
	if (!match || prefixLength > 32) {
		throw new HolmError('invalid', `${JSON.stringify(text)} is not a subnet`, {remedy: 'write an address and a prefix length, such as 192.168.70.0/24'});
	}

	const address = parseAddress(match.groups!.address!);
	const block = blockOf(address, prefixLength);
	if (block.first !== address) {
		throw new HolmError('invalid', `${text} is an address within a subnet, not a subnet`, {remedy: `write ${formatCidr(block)}`});
	}

	return block;
};

export const isWithin = (cidr: Cidr, address: number): boolean => address >= cidr.first && address <= lastOf(cidr);

/** Whether two blocks share an address, which for blocks means that one includes the other. */
export const isOverlapping = (one: Cidr, other: Cidr): boolean => one.first <= lastOf(other) && other.first <= lastOf(one);
