import {isIP, isIPv4} from 'node:net';
import {HolmError} from '../engine/errors.js';

/** Checks an IPv4 address; throws `invalid`. */
export const parseAddress = (flag: string, value: string): string => {
	if (!isIPv4(value)) {
		throw new HolmError('invalid', `invalid address "${value}" for ${flag}`, {remedy: 'it is an IPv4 address such as 192.168.64.10'});
	}

	return value;
};

/** Checks an IPv4 or IPv6 address; throws `invalid`. */
export const parseAnyAddress = (flag: string, value: string): string => {
	if (isIP(value) === 0) {
		throw new HolmError('invalid', `invalid address "${value}" for ${flag}`, {remedy: 'it is an address such as 192.168.64.10'});
	}

	return value;
};

/** Checks the shape of an IPv4 subnet; throws `invalid`. */
export const parseSubnet = (flag: string, value: string): string => {
	const [address = '', length = '', ...rest] = value.split('/');
	if (!isIPv4(address) || !/^\d{1,2}$/v.test(length) || Number(length) > 32 || rest.length > 0) {
		throw new HolmError('invalid', `invalid subnet "${value}" for ${flag}`, {remedy: 'it is an IPv4 subnet such as 192.168.70.0/24'});
	}

	return value;
};

/** Parses the MAC address of one device into lower case with colons; throws `invalid`. */
export const parseMac = (flag: string, value: string): string => {
	if (!/^[\da-f]{2}(?:[\-:][\da-f]{2}){5}$/iv.test(value)) {
		throw new HolmError('invalid', `invalid MAC address "${value}" for ${flag}`, {remedy: 'it is six pairs of hexadecimal digits such as 02:42:ac:11:00:02'});
	}

	if (Number.parseInt(value.slice(0, 2), 16) % 2 === 1) {
		throw new HolmError('invalid', `invalid MAC address "${value}" for ${flag}`, {remedy: 'the lowest bit of its first pair marks a multicast group; use an even first pair such as 02'});
	}

	return value.toLowerCase().replaceAll('-', ':');
};

/** Parses `name:address`; the address may be `host-gateway`, or IPv6 in brackets. Throws `invalid`. */
export const parseExtraHost = (value: string): string => {
	const {name = '', address = ''} = /^(?<name>[^:=]+)[:=](?<address>.+)$/v.exec(value)?.groups ?? {};
	const bare = address.startsWith('[') && address.endsWith(']') ? address.slice(1, -1) : address;
	if (name === '' || (bare !== 'host-gateway' && isIP(bare) === 0)) {
		throw new HolmError('invalid', `invalid value "${value}" for --add-host`, {remedy: 'it is NAME:ADDRESS, such as db:192.168.64.10 or host:host-gateway'});
	}

	return `${name}:${bare}`;
};
