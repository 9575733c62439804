import {isIPv4} from 'node:net';
import type {Snapshot} from '../../engine/snapshot.js';

/** An IPv4 address as a number. */
export const numberOf = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

/** A number as an IPv4 address. */
export const addressOf = (number: number): string => [24, 16, 8, 0].map(shift => Math.floor(number / 2 ** shift) % 256).join('.');

/** First and last address as numbers, and the prefix length. */
export type Range = {readonly first: number; readonly last: number; readonly length: number};

/** First and last address of a subnet such as `192.168.64.0/24`, as numbers; undefined for anything else. */
export const rangeOf = (subnet: string): Range | undefined => {
	const [address = '', prefix = ''] = subnet.split('/', 2);
	const length = Number(prefix);
	if (!isIPv4(address) || !/^\d{1,2}$/v.test(prefix) || length > 32) {
		return undefined;
	}

	const size = 2 ** (32 - length);
	const first = Math.floor(numberOf(address) / size) * size;
	return {first, last: first + size - 1, length};
};

/** The first network whose subnet overlaps this one. */
export const overlapping = (subnet: string, networks: Snapshot['networks']) => {
	const range = rangeOf(subnet);
	return range && networks.find(network => {
		const other = rangeOf(network.subnet);
		return other && range.first <= other.last && other.first <= range.last;
	});
};

/** The next free subnet of the default pool; `''` if there is none. */
export const nextSubnet = (networks: Snapshot['networks']): string => {
	const free = Array.from({length: 192}, (_, index) => `192.168.${64 + index}.0/24`).find(subnet => !overlapping(subnet, networks));
	return free ?? '';
};
