import os from 'node:os';
import type {Program} from '../process.js';
import {optionsOf} from './options.js';

const {SIGINT} = os.constants.signals;

/** `ping [-c COUNT] [-W SECONDS] NAME`, once a second. */
export const ping: Program = async ({command, host, stdout, stderr, signal, onSignal}) => {
	const words = command.slice(1);
	let count = Infinity;
	let quiet = false;
	let name: string | undefined;
	for (let word = words.shift(); word !== undefined; word = words.shift()) {
		const match = /^-(?<letter>[46IWciqstw])(?<value>.*)$/v.exec(word);
		if (!match) {
			name = word;
		} else if (match.groups!.letter === 'q') {
			quiet = true;
		} else if (!'46'.includes(match.groups!.letter!)) {
			const value = match.groups!.value || (words.shift() ?? '');
			count = match.groups!.letter === 'c' ? Number(value) : count;
		}
	}

	if (name === undefined || !(count > 0)) {
		await stderr.write('Usage: ping [-c COUNT] HOST\n');
		return 1;
	}

	const [address] = host.resolve(name);
	if (address === undefined) {
		await stderr.write(`ping: bad address '${name}'\n`);
		return 1;
	}

	const stopping = new AbortController();
	onSignal(SIGINT, () => {
		stopping.abort();
	});
	const over = AbortSignal.any([signal, stopping.signal]);
	await stdout.write(`PING ${name} (${address}): 56 data bytes\n`);
	const times: number[] = [];
	let sent = 0;
	while (sent < count && !over.aborted) {
		if (sent > 0) {
			await host.sleep(1000, over);
		}

		sent++;
		if (!host.answers(address)) {
			continue;
		}

		const time = 0.08 + (sent * 37 % 50 / 1000);
		times.push(time);
		if (!quiet) {
			await stdout.write(`64 bytes from ${address}: seq=${sent - 1} ttl=64 time=${time.toFixed(3)} ms\n`);
		}
	}

	const lost = Math.round((sent - times.length) / sent * 100);
	await stdout.write(`\n--- ${name} ping statistics ---\n${sent} packets transmitted, ${times.length} packets received, ${lost}% packet loss\n`);
	if (times.length === 0) {
		return 1;
	}

	const average = times.reduce((sum, time) => sum + time, 0) / times.length;
	await stdout.write(`round-trip min/avg/max = ${Math.min(...times).toFixed(3)}/${average.toFixed(3)}/${Math.max(...times).toFixed(3)} ms\n`);
	return 0;
};

export const nslookup: Program = async ({command, host, stdout}) => {
	const [, name = ''] = command;
	const server = host.gateway ?? '127.0.0.1';
	const addresses = host.resolve(name);
	await stdout.write(`Server:\t\t${server}\nAddress:\t${server}:53\n\n`);
	if (addresses.length === 0) {
		await stdout.write(`** server can't find ${name}: NXDOMAIN\n\n`);
		return 1;
	}

	await stdout.write(addresses.map(address => `Name:\t${name}\nAddress: ${address}\n\n`).join(''));
	return 0;
};

export const getent: Program = async invocation => {
	const [database = '', ...names] = optionsOf(invocation).operands;
	const {host, stdout, stderr} = invocation;
	if (!/^a?hosts(?:v4)?$/v.test(database)) {
		await stderr.write(`getent: unknown database '${database}'\n`);
		return 1;
	}

	let status = 0;
	for (const name of names) {
		const addresses = host.resolve(name);
		status = addresses.length === 0 ? 2 : status;
		await stdout.write(addresses.map(address => `${address.padEnd(15)}   ${name}  ${name}\n`).join(''));
	}

	return status;
};
