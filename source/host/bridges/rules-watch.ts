import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {setTimeout as delay} from 'node:timers/promises';
import {messageOf} from '../../engine/errors.js';
import {engineEnvironment} from '../environment.js';
import {spawned} from '../spawned.js';

export type RulesWatch = {
	/** Whether rules of the host may have changed since the last call. The first call returns true. */
	readonly takeChange: () => boolean;
	readonly close: () => void;
};

/** Delay before the monitor is restarted. */
const pauseMs = 10_000;

/**
Watches the host's nftables rules, including those of iptables-nft, with a monitor that ends with this process.

Restarts the monitor if it ends, and reports a change then. Only the first end is logged.
*/
export const watchRules = (log: (line: string) => void): RulesWatch => {
	const ending = new AbortController();
	const {signal} = ending;
	let hasChanged = true;
	let isTold = false;

	/** Runs the monitor, and resolves with the reason of its end. */
	const monitor = async (): Promise<string> => {
		try {
			// The monitor must not outlive a killed daemon.
			const child = spawned(spawn('setpriv', ['--pdeathsig', 'KILL', 'nft', 'monitor', 'ruleset'], {env: engineEnvironment(), stdio: ['ignore', 'pipe', 'ignore'], signal, killSignal: 'SIGKILL'}));
			child.stdout.on('data', () => {
				hasChanged = true;
			});
			const [status, name] = await once(child, 'close') as readonly unknown[];
			return String(status ?? name);
		} catch (error) {
			return messageOf(error);
		}
	};

	const listen = async () => {
		while (!signal.aborted) {
			const reason = await monitor();
			if (signal.aborted) {
				return;
			}

			hasChanged = true;
			if (!isTold) {
				log(`nft monitor ended (${reason}); changes of the host's firewall are followed late`);
				isTold = true;
			}

			await delay(pauseMs, undefined, {signal, ref: false}).catch(() => undefined);
		}
	};

	void listen();
	return {
		takeChange() {
			const wasChanged = hasChanged;
			hasChanged = false;
			return wasChanged;
		},
		close() {
			ending.abort();
		},
	};
};
