import {HolmError} from '../../engine/errors.js';
import {octetsOf, parseAddress} from './cidr.js';

/**
The MAC address of the device that holds an IPv4 address: locally administered (IEEE 802, the second bit of the first octet) and ending in the address.

It is derived from the address and not from the container: neighbours with an earlier holder in their ARP caches reach the new one at once.
*/
export const macOf = (address: string): string =>
	['02', '42', ...octetsOf(parseAddress(address)).map(octet => octet.toString(16).padStart(2, '0'))].join(':');

/** The address whose device has a MAC address by `macOf`; undefined if there is none. */
export const addressOfMac = (mac: string): string | undefined =>
	mac.startsWith('02:42:') ? mac.split(':').slice(2).map(octet => Number.parseInt(octet, 16)).join('.') : undefined;

/**
Parses a requested MAC address into lower case with colons.

Throws `invalid` unless it has six octets, and for group addresses (IEEE 802, the first bit of the first octet).
*/
export const parseMac = (text: string): string => {
	const mac = text.toLowerCase().replaceAll('-', ':');
	if (!/^[\da-f]{2}(?::[\da-f]{2}){5}$/v.test(mac)) {
		throw new HolmError('invalid', `${JSON.stringify(text.slice(0, 60))} is not a MAC address`, {remedy: 'write six octets, such as 02:42:c0:a8:46:02'});
	}

	if (Number.parseInt(mac.slice(0, 2), 16) % 2 === 1) {
		throw new HolmError('invalid', `${text} is the MAC address of a group, not of a device`, {remedy: 'make the first octet even, such as 02'});
	}

	if (mac === '00:00:00:00:00:00') {
		throw new HolmError('invalid', `${text} stands for no MAC address`, {remedy: 'leave it out and one is made'});
	}

	return mac;
};
