import {readFile} from 'node:fs/promises';
import {isIPv4} from 'node:net';
import {routes} from './programs.js';

/** Types of routes to destinations; the others are the host's own addresses. */
const blockingTypes = new Set(['unicast', 'blackhole', 'unreachable', 'prohibit', '1', '6', '7', '8']);

/**
The blocks that the host has routes to, except the default route. A network's subnet must not overlap any of them, or the host would lose access to one of the two.

`namespace` is the path of the host's network namespace; default the caller's.
*/
export const hostRoutes = async (namespace?: string): Promise<readonly string[]> => {
	const found = await routes({namespace});
	const blocks = found
		.filter(({dst, type}) => dst !== 'default' && (type === undefined || blockingTypes.has(type)))
		.map(({dst}) => dst.includes('/') ? dst : `${dst}/32`)
		// VPN clients use these two halves to override the default route.
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
The host's resolvers that the engine's namespace can reach: IPv4, and not on the loopback device.

The second file lists the resolvers behind systemd-resolved's stub 127.0.0.53. It is read if the first file has no reachable resolver. The result is empty if there is none.
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
