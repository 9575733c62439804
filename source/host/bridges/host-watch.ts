import {readFile} from 'node:fs/promises';
import {networkInterfaces} from 'node:os';
import {messageOf} from '../../engine/errors.js';
import {stateOfRules} from './host-firewall.js';
import {watchRules} from './rules-watch.js';

export type HostWatchOptions = {
	/** The host's end of the engine's link. */
	readonly device: string;
	/** Puts the host's side of the engine's network in order; called again where something is left to do. */
	readonly repair: () => Promise<unknown>;
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
Keeps the host's forwarding and firewall in line with what changes there while the engine runs: another program that turns forwarding on must not be cut off (Docker does it when it starts), one that turns it off must not cut the engine off, a VPN that comes up is one more way out, and a firewall that is switched on, restarted or flushed must have the engine's rules again.

Resolves once it watches, with what ends it, which waits for a repair that is under way. Rules are read only after one of them has changed, at most once an interval, and the host is changed only where something that matters differs.
*/
export const watchHost = async ({device, repair, log, intervalMs = 2000}: HostWatchOptions): Promise<() => Promise<void>> => {
	const watch = watchRules(log);
	const read = async () => ({host: await stateOfHost(), rules: await stateOfRules({device})});
	let known = await read();
	const isKnown = ({host, rules}: typeof known) => host === known.host && rules === known.rules;
	/** What changes between a repair and the look that follows it is found by repairing until two looks agree. */
	let isSettled = true;
	let work: Promise<void> | undefined;
	let lastReason: string | undefined;

	const follow = async () => {
		const isSuspect = watch.takeChange() || !isSettled || await stateOfHost() !== known.host;
		if (!isSuspect) {
			return;
		}

		const wasSettled = isSettled;
		isSettled = false;
		if (wasSettled && isKnown(await read())) {
			isSettled = true;
		} else {
			await repair();
			const state = await read();
			isSettled = isKnown(state);
			known = state;
		}

		lastReason = undefined;
	};

	const attempt = async () => {
		try {
			await follow();
		} catch (error) {
			// Tried again at every turn, and said once.
			const reason = messageOf(error);
			if (reason !== lastReason) {
				log(`the host's forwarding or firewall has changed, and could not be followed: ${reason}`);
			}

			lastReason = reason;
		}

		work = undefined;
	};

	const timer = setInterval(() => {
		work ??= attempt();
	}, intervalMs).unref();
	return async () => {
		clearInterval(timer);
		watch.close();
		await work;
	};
};
