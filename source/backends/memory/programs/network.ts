import os from 'node:os';
import type {Invocation, Program} from '../process.js';
import {forEach, pathIn} from './options.js';

/** Words after options with values: `-c 3 web` and `-c3 web` give `{c: '3'}` and `web`. A letter without a value is ''. */
const readOptions = (words: readonly string[], withValue: string, without: string) => {
	const options: Record<string, string> = {};
	const operands: string[] = [];
	for (let rest = words; rest[0] !== undefined; rest = rest.slice(1)) {
		const [letter = '', ...value] = /^-./v.test(rest[0]) ? rest[0].slice(1) : '';
		if (letter === '') {
			operands.push(rest[0]);
		} else if (withValue.includes(letter)) {
			options[letter] = value.length > 0 ? value.join('') : rest[1] ?? '';
			rest = value.length > 0 ? rest : rest.slice(1);
		} else if (without.includes(letter)) {
			options[letter] = '';
			rest = value.length > 0 ? [rest[0], `-${value.join('')}`, ...rest.slice(1)] : rest;
		} else {
			return {unknown: rest[0], options, operands};
		}
	}

	return {unknown: undefined, options, operands};
};

const complain = async ({command, stderr}: Invocation, text: string): Promise<number> => {
	await stderr.write(`${command[0]}: ${text}\n`);
	return 1;
};

/** `ping [-c COUNT] [-W SECONDS] HOST`, once a second. */
export const ping: Program = async invocation => {
	const {command, host, stdout, signal, onSignal} = invocation;
	const {unknown, options, operands: [name = '']} = readOptions(command.slice(1), 'Wc', '');
	const count = Number(options.c ?? Infinity);
	if (unknown !== undefined || name === '' || !(count > 0)) {
		return complain(invocation, 'only "ping [-c COUNT] [-W SECONDS] HOST" is in the demo');
	}

	const [address] = host.resolve(name);
	if (address === undefined) {
		return complain(invocation, `bad address '${name}'`);
	}

	const stopping = new AbortController();
	onSignal(os.constants.signals.SIGINT, () => {
		stopping.abort();
	});
	const over = AbortSignal.any([signal, stopping.signal]);
	await stdout.write(`PING ${name} (${address}): 56 data bytes\n`);
	let [sent, received] = [0, 0];
	for (; sent < count && !over.aborted; sent++) {
		if (sent > 0) {
			await host.sleep(1000, over);
		}

		if (host.answers(address)) {
			received++;
			await stdout.write(`64 bytes from ${address}: seq=${sent} ttl=64 time=0.${String(80 + (sent * 37 % 50)).padStart(3, '0')} ms\n`);
		}
	}

	const lost = Math.round((sent - received) / sent * 100);
	await stdout.write(`\n--- ${name} ping statistics ---\n${sent} packets transmitted, ${received} packets received, ${lost}% packet loss\n`);
	return received === 0 ? 1 : 0;
};

/** `getent ahostsv4 NAME` or `getent hosts NAME`. */
export const getent: Program = async invocation => {
	const {command: [, database = '', name = '', ...more], host, stdout} = invocation;
	if (!['ahostsv4', 'hosts'].includes(database) || name === '' || more.length > 0) {
		return complain(invocation, 'only "getent ahostsv4 NAME" and "getent hosts NAME" are in the demo');
	}

	const addresses = host.resolve(name);
	await stdout.write(addresses.map(address => `${address.padEnd(15)} ${name}\n`).join(''));
	return addresses.length === 0 ? 2 : 0;
};

/** `nslookup NAME`. */
export const nslookup: Program = async invocation => {
	const {command: [, name = '', ...more], host, stdout} = invocation;
	if (name === '' || more.length > 0) {
		return complain(invocation, 'only "nslookup NAME" is in the demo');
	}

	const addresses = host.resolve(name);
	const lines = addresses.map(address => `Name:\t${name}\nAddress: ${address}\n`).join('');
	await stdout.write(addresses.length === 0 ? `** server can't find ${name}: NXDOMAIN\n` : lines);
	return addresses.length === 0 ? 1 : 0;
};

/** The page of a URL; undefined after a message why there is none. */
const fetchPage = async (invocation: Invocation, url: string): Promise<string | undefined> => {
	const {hostname = '', port = '80', path = '/'} = /^(?:http:\/\/)?(?<hostname>[^:\/]+)(?::(?<port>\d+))?(?<path>\/.*)?$/v.exec(url)?.groups ?? {};
	const [address] = hostname === '' ? [] : invocation.host.resolve(hostname);
	const page = address === undefined ? undefined : invocation.host.fetch(address, Number(port), path);
	if (page === undefined) {
		await complain(invocation, address === undefined ? `bad address '${hostname || url}'` : `can't connect to ${address}:${port}: Connection refused`);
	}

	return page;
};

/** `curl [-s] URL`: prints the page. */
export const curl: Program = async invocation => {
	const {unknown, operands: [url]} = readOptions(invocation.command.slice(1), '', 's');
	if (unknown !== undefined || url === undefined) {
		return complain(invocation, 'only "curl [-s] URL" is in the demo');
	}

	const page = await fetchPage(invocation, url);
	await invocation.stdout.write(page ?? '');
	return page === undefined ? 7 : 0;
};

/** `wget [-q] [-O FILE] URL`: prints the page for `-O -`, otherwise writes a file. */
export const wget: Program = async invocation => {
	const {host, directory, stdout} = invocation;
	const {unknown, options, operands: [url]} = readOptions(invocation.command.slice(1), 'O', 'q');
	if (unknown !== undefined || url === undefined) {
		return complain(invocation, 'only "wget [-q] [-O FILE] URL" is in the demo');
	}

	const page = await fetchPage(invocation, url);
	if (page === undefined || options.O === '-') {
		await stdout.write(page ?? '');
		return page === undefined ? 1 : 0;
	}

	return forEach(invocation, [options.O ?? (/[^:\/]\/(?<file>[^\/]+)$/v.exec(url)?.groups?.file ?? 'index.html')], file => {
		host.files.put(pathIn(directory, file), {
			type: 'file', mode: 0o644, uid: 0, gid: 0, modifiedAt: host.now(), content: new TextEncoder().encode(page),
		});
	});
};
