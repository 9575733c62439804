import {readFile} from 'node:fs/promises';
import {isIPv4} from 'node:net';
import {routes} from './programs.js';

/** Types of routes that decide where a destination goes; the others are the host's own addresses. */
const blockingTypes = new Set(['unicast', 'blackhole', 'unreachable', 'prohibit', '1', '6', '7', '8']);

/**
The blocks that the host has routes to, other than its default route: a network's subnet must overlap none of them, or the host would lose its way to one of both.

`namespace` is the path of the network namespace that plays the host; default the caller's own.
*/
export const hostRoutes = async (namespace?: string): Promise<readonly string[]> => {
	const found = await routes({namespace});
	const blocks = found
		.filter(({dst, type}) => dst !== 'default' && (type === undefined || blockingTypes.has(type)))
		.map(({dst}) => dst.includes('/') ? dst : `${dst}/32`)
		// Two halves that stand for a default route, as VPN clients write it to outrank the real one.
		.filter(block => block !== '0.0.0.0/1' && block !== '128.0.0.0/1');
	return [...new Set(blocks)];
};

const resolverFiles = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];

const nameserversIn = async (file: string): Promise<readonly string[]> => {
	let text: string;
	try {
		text = await readFile(file, 'utf8');
	} catch {
		return [];
	}

	return text.split('\n').flatMap(line => /^\s*nameserver\s+(?<address>\S+)/v.exec(line)?.groups?.address ?? []);
};

/**
The resolvers that the host uses, as far as the engine's namespace can reach them: IPv4, and not on the host's loopback device.

The second file is systemd-resolved's list of the resolvers behind its stub 127.0.0.53; it is read when the first one names no reachable one. The result is empty when there is none.
*/
export const hostUpstreams = async (files: readonly string[] = resolverFiles): Promise<readonly string[]> => {
	for (const file of files) {
		const named = await nameserversIn(file);
		const reachable = named.filter(address => isIPv4(address) && !address.startsWith('127.') && address !== '0.0.0.0');
		if (reachable.length > 0) {
			return [...new Set(reachable)];
		}
	}

	return [];
};
