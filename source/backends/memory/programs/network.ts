import os from 'node:os';
import type {Invocation, Program} from '../process.js';
import {refuse} from './options.js';

type PingOptions = {readonly name: string; readonly count: number};

/** Reads `[-c COUNT] [-W SECONDS] HOST`; undefined for anything else. */
const readPing = (words: readonly string[]): PingOptions | undefined => {
	let count = Infinity;
	let rest = words;
	for (; rest[0] === '-c' || rest[0] === '-W'; rest = rest.slice(2)) {
		if (!/^[1-9]\d{0,5}$/v.test(rest[1] ?? '')) {
			return undefined;
		}

		count = rest[0] === '-c' ? Number(rest[1]) : count;
	}

	const [name = '-'] = rest;
	return rest.length === 1 && !name.startsWith('-') ? {name, count} : undefined;
};

const sendPings = async ({host, stdout, signal, onSignal}: Invocation, {name, count}: PingOptions, address: string): Promise<number> => {
	const stopping = new AbortController();
	onSignal(os.constants.signals.SIGINT, () => {
		stopping.abort();
	});
	const over = AbortSignal.any([signal, stopping.signal]);
	await stdout.write(`PING ${name} (${address}): 56 data bytes\n`);
	let [sent, received] = [0, 0];
	for (; sent < count; sent++) {
		if (sent > 0) {
			await host.sleep(1000, over);
		}

		if (over.aborted) {
			break;
		}

		if (host.answers(address)) {
			received++;
			await stdout.write(`64 bytes from ${address}: seq=${sent} ttl=64 time=0.${String(80 + (sent * 37 % 50)).padStart(3, '0')} ms\n`);
		}
	}

	const lost = Math.round((sent - received) / Math.max(sent, 1) * 100);
	await stdout.write(`\n--- ${name} ping statistics ---\n${sent} packets transmitted, ${received} packets received, ${lost}% packet loss\n`);
	return received === 0 ? 1 : 0;
};

/** `ping [-c COUNT] [-W SECONDS] HOST`, once a second. */
export const ping: Program = async invocation => {
	const options = readPing(invocation.command.slice(1));
	if (!options) {
		return refuse(invocation, 'ping [-c COUNT] [-W SECONDS] HOST');
	}

	const [address] = invocation.host.resolve(options.name);
	if (address === undefined) {
		await invocation.stderr.write(`ping: bad address '${options.name}'\n`);
		return 1;
	}

	return sendPings(invocation, options, address);
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
