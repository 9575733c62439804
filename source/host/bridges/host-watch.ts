import {readFile} from 'node:fs/promises';
import {networkInterfaces} from 'node:os';
import {messageOf} from '../../errors.js';
import {openForwarding} from './forwarding.js';
import {acceptForwarding} from './host-firewall.js';

export type HostWatchOptions = {
	/** The host's end of the engine's link. */
	readonly device: string;
	/** Takes lines for the daemon's log. */
	readonly log: (line: string) => void;
	/** Default two seconds. */
	readonly intervalMs?: number;
};

/** What forwarding and the ways out follow from: whether the host forwards, and which devices have an IPv4 address. */
const stateOfHost = async (): Promise<string> => {
	const forwarding = await readFile('/proc/sys/net/ipv4/ip_forward', 'utf8');
	const devices = Object.entries(networkInterfaces()).filter(([, addresses]) => addresses?.some(({family}) => family === 'IPv4'));
	return JSON.stringify([forwarding.trim(), devices.map(([name]) => name).toSorted()]);
};

/**
Keeps the host's forwarding and firewall in line with what changes there while the engine runs: another program that turns forwarding on must not be cut off (Docker does it when it starts), one that turns it off must not cut the engine off, and a VPN that comes up is one more way out.

Resolves once it watches, with what ends it. Compares without starting a program, and starts some only when something has changed.
*/
export const watchHost = async ({device, log, intervalMs = 2000}: HostWatchOptions): Promise<() => void> => {
	let known = await stateOfHost();
	let isWorking = false;
	let lastReason: string | undefined;

	const follow = async () => {
		const state = await stateOfHost();
		if (state === known) {
			return;
		}

		await openForwarding({device});
		await acceptForwarding({device});
		known = state;
		lastReason = undefined;
	};

	const timer = setInterval(async () => {
		if (isWorking) {
			return;
		}

		isWorking = true;
		try {
			await follow();
		} catch (error) {
			// Tried again at every turn, and said once.
			const reason = messageOf(error);
			if (reason !== lastReason) {
				log(`the host's forwarding has changed, and could not be followed: ${reason}`);
			}

			lastReason = reason;
		} finally {
			isWorking = false;
		}
	}, intervalMs).unref();
	return () => {
		clearInterval(timer);
	};
};
