import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {setTimeout as delay} from 'node:timers/promises';
import {messageOf} from '../../engine/errors.js';
import {engineEnvironment} from '../environment.js';
import {spawned} from '../spawned.js';

export type RulesWatch = {
	/** Whether rules of the host may have changed since it was asked last; at first they may. */
	readonly takeChange: () => boolean;
	readonly close: () => void;
};

/** Before a monitor that ended is started again. */
const pauseMs = 10_000;

/**
Hears of every change of the host's nftables rules, those of iptables among them where it writes to nftables, from a monitor that ends with this process.

Starts the monitor again when it ends; what changed in between counts as a change. The first end is told to `log`.
*/
export const watchRules = (log: (line: string) => void): RulesWatch => {
	const ending = new AbortController();
	const {signal} = ending;
	let hasChanged = true;
	let isTold = false;

	/** Resolves with why it ended. */
	const monitor = async (): Promise<string> => {
		try {
			// A daemon that is killed must leave no process.
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
