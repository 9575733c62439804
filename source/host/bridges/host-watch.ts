import {readFile} from 'node:fs/promises';
import {networkInterfaces} from 'node:os';
import {messageOf} from '../../engine/errors.js';
import {isEngines} from './forwarding.js';
import {stateOfRules} from './host-firewall.js';
import {watchRules} from './rules-watch.js';

export type HostWatchOptions = {
	/** The host's end of the engine's link. */
	readonly device: string;
	/** Repairs the host's side of the engine's network. May be called repeatedly. */
	readonly repair: () => Promise<unknown>;
	/** The state of the host's firewall when that side was made; default the present one. Later changes are followed. */
	readonly rules?: string;
	/** Called with lines for the daemon's log. */
	readonly log: (line: string) => void;
	/** Default two seconds. */
	readonly intervalMs?: number;
};

/** The state that forwarding depends on: whether the host forwards, and which devices have an IPv4 address. Other engines take care of their own devices. */
const stateOfHost = async (own: string): Promise<string> => {
	const forwarding = await readFile('/proc/sys/net/ipv4/ip_forward', 'utf8');
	const devices = Object.entries(networkInterfaces()).filter(([, addresses]) => addresses?.some(({family}) => family === 'IPv4'));
	const names = devices.map(([name]) => name).filter(name => name === own || !isEngines(name));
	return JSON.stringify([forwarding.trim(), names.toSorted()]);
};

/**
Keeps the host's forwarding and firewall up to date while the engine runs. A program that enables forwarding, as Docker does on start, must not be blocked; one that disables it must not block the engine; a VPN is one more outbound device; and a firewall that is enabled, restarted or flushed needs the engine's rules again.

Resolves with a function that stops watching and waits for a repair in progress. The rules are read only after a change, at most once per interval, and the host is repaired only if a relevant part differs.
*/
export const watchHost = async ({device, repair, rules: made, log, intervalMs = 2000}: HostWatchOptions): Promise<() => Promise<void>> => {
	const watch = watchRules(log);
	const read = async () => ({host: await stateOfHost(device), rules: await stateOfRules({device})});
	let known = made === undefined ? await read() : {host: await stateOfHost(device), rules: made};
	const isKnown = ({host, rules}: typeof known) => host === known.host && rules === known.rules;
	/** Repairs repeat until two readings agree, so that no change in between is missed. */
	let isSettled = true;
	let work: Promise<void> | undefined;
	let lastReason: string | undefined;

	const follow = async () => {
		const isSuspect = watch.takeChange() || !isSettled || await stateOfHost(device) !== known.host;
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
			// Retried at every interval, but logged once.
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
