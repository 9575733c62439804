import {isIP, isIPv6} from 'node:net';
import {HolmError} from '../engine/errors.js';
import type {PublishedPort} from '../engine/resources.js';
import {listenedOn} from '../engine/listening.js';

const examples = 'write HOST:CONTAINER such as 8000:80, ADDRESS:HOST:CONTAINER, or CONTAINER alone for a free host port; /udp for UDP';

const refuse = (value: string, reason: string) => new HolmError('invalid', `invalid port mapping "${value}": ${reason}`, {remedy: examples});

type Range = {readonly first: number; readonly last: number};

const parseRange = (value: string, text: string, which: string): Range => {
	const match = /^(?<first>\d+)(?:-(?<last>\d+))?$/v.exec(text)?.groups;
	if (!match) {
		throw refuse(value, `"${text}" is not a ${which} port`);
	}

	const first = Number(match.first);
	const last = Number(match.last ?? match.first);
	for (const port of [first, last]) {
		if (port > 65_535 || port < 1) {
			throw refuse(value, `${which} port ${port} is out of range, ports are 1 to 65535`);
		}
	}

	if (last < first) {
		throw refuse(value, `the range ${text} runs backwards`);
	}

	return {first, last};
};

/** Address, host part and container part of `[::1]:8000:80`, `127.0.0.1::80`, `8000:80` and `80`. */
const splitMapping = (value: string, text: string): {readonly address: string; readonly host: string; readonly container: string} => {
	const bracketed = /^\[(?<address>[^\]]*)\]:(?<rest>.*)$/v.exec(text)?.groups;
	const parts = (bracketed ? bracketed.rest! : text).split(':');
	const address = bracketed ? bracketed.address! : (parts.length === 3 ? parts.shift()! : '');
	if (parts.length > 2 || (bracketed && parts.length !== 2)) {
		throw refuse(value, 'it has too many or too few colons');
	}

	if (isIP(address) === 0 && (bracketed !== undefined || address !== '')) {
		throw refuse(value, `"${address}" is not an IP address`);
	}

	const container = parts.at(-1)!;
	return {address, host: parts.length === 2 ? parts[0]! : '', container};
};

/** The published ports of one `-p`: a range becomes one entry per port; without a host port it is 0, for a free one. */
export const parsePublish = (value: string): readonly PublishedPort[] => {
	const [text = '', protocol = 'tcp', ...rest] = value.split('/');
	if ((protocol !== 'tcp' && protocol !== 'udp') || rest.length > 0) {
		throw refuse(value, `"${[protocol, ...rest].join('/')}" is not a protocol; they are tcp and udp`);
	}

	const {address: hostAddress, host, container} = splitMapping(value, text);
	const containers = parseRange(value, container, 'container');
	const count = containers.last - containers.first + 1;
	const hosts = host === '' || host === '0' ? undefined : parseRange(value, host, 'host');
	if (hosts && hosts.last - hosts.first + 1 !== count) {
		throw refuse(value, `the ranges ${host} and ${container} differ in length`);
	}

	return Array.from({length: count}, (_, index) => ({
		hostAddress,
		hostPort: hosts ? hosts.first + index : 0,
		containerPort: containers.first + index,
		protocol,
	}));
};

/** The ports of all `--expose`, such as `80/tcp`; a range becomes one entry per port. Throws `invalid`. */
export const parseExposed = (values: readonly string[]): readonly string[] => values.flatMap(value => {
	const {first = '', last = first, protocol = 'tcp'} = /^(?<first>\d{1,5})(?:-(?<last>\d{1,5}))?(?:\/(?<protocol>tcp|udp))?$/v.exec(value)?.groups ?? {};
	const [from, to] = [Number(first), Number(last)];
	if (first === '' || from < 1 || to > 65_535 || to < from) {
		throw new HolmError('invalid', `invalid value "${value}" for --expose`, {remedy: 'it is a port or a range such as 8000-8010, with /udp for UDP'});
	}

	return Array.from({length: to - from + 1}, (_, index) => `${from + index}/${protocol}`);
});

/** The published ports of all `-p`. Throws `invalid` for a host port given twice. */
export const parsePorts = (values: readonly string[]): readonly PublishedPort[] => {
	const ports = values.flatMap(value => parsePublish(value));
	const taken = new Set<string>();
	for (const {hostAddress, hostPort, protocol} of ports) {
		for (const address of listenedOn(hostAddress)) {
			const key = `${isIPv6(address) ? `[${address}]` : address}:${hostPort}/${protocol}`;
			if (hostPort !== 0 && taken.has(key)) {
				throw new HolmError('invalid', `port ${key} is published twice`, {remedy: 'give each host port once'});
			}

			taken.add(key);
		}
	}

	return ports;
};
