import type {Program} from '../process.js';
import {refuse} from './options.js';

/** `ping [-c COUNT] [-W SECONDS] HOST`, once a second. Who answers does so at once. */
export const ping: Program = async invocation => {
	const {command, host, stdout, stderr, signal} = invocation;
	const {count, name} = /^ping(?: -c (?<count>[1-9]\d{0,5}))?(?: -W \d+)? (?<name>[^ \-]\S*)$/v.exec(command.join(' '))?.groups ?? {};
	if (name === undefined) {
		return refuse(invocation, 'ping [-c COUNT] [-W SECONDS] HOST');
	}

	const limit = Number(count ?? Infinity);
	const [address] = host.resolve(name);
	if (address === undefined) {
		await stderr.write(`ping: bad address '${name}'\n`);
		return 1;
	}

	await stdout.write(`PING ${name} (${address}): 56 data bytes\n`);
	let received = 0;
	for (let sent = 0; sent < limit && !signal.aborted; sent++) {
		await host.sleep(sent > 0 ? 1000 : 0, signal);
		if (host.answers(address)) {
			received++;
			await stdout.write(`64 bytes from ${address}: seq=${sent} ttl=64 time=0.0${70 + (sent * 7 % 30)} ms\n`);
		}
	}

	const lost = Math.round((1 - (received / limit)) * 100);
	await stdout.write(`\n--- ${name} ping statistics ---\n${limit} packets transmitted, ${received} packets received, ${lost}% packet loss\n`);
	return received === 0 ? 1 : 0;
};

/** `getent ahostsv4 NAME`, with which the dashboard resolves a name in a container. */
export const getent: Program = async invocation => {
	const {command: [, database, name, ...more], host, stdout} = invocation;
	if (database !== 'ahostsv4' || name === undefined || more.length > 0) {
		return refuse(invocation, 'getent ahostsv4 NAME');
	}

	const addresses = host.resolve(name);
	await stdout.write(addresses.map(address => `${address.padEnd(15)} ${name}\n`).join(''));
	return addresses.length === 0 ? 2 : 0;
};
