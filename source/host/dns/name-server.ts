import {stat} from 'node:fs/promises';
import process from 'node:process';
import {run} from '../run.js';
import {openWorker} from '../workers/worker.js';
import {type NameServer, type NameServerTable} from './server.js';

export type NameServerOptions = {
	/** For the worker's socket, lock and log. */
	readonly directory: string;
	/** A network namespace such as `/run/netns/holm`; default the caller's own. */
	readonly namespacePath?: string;
	/** Who the worker is once it has started; only root can become another. */
	readonly uid: number;
	readonly gid: number;
};

/**
Has libuv queue datagrams and hand many to the kernel in one call, which takes a twelfth less processor time for an answer under load. Meant for node's own tests, so it is only used where node knows it.
*/
const batchingOption = '--test-udp-no-try-send';

const batchingArguments = async (): Promise<string[]> => {
	try {
		await run(process.execPath, [batchingOption, '--version']);
		return [batchingOption];
	} catch {
		return [];
	}
};

/** The name server in a process of its own, which goes on when the daemon ends and is found again by the next one. */
export const openNameServer = async ({directory, namespacePath, uid, gid}: NameServerOptions): Promise<NameServer> => {
	let state: NameServerTable | undefined;
	const namespace = namespacePath === undefined ? undefined : await stat(namespacePath);
	const worker = await openWorker<NameServerTable, void>({
		directory,
		name: 'dns',
		module: new URL('name-server-worker.js', import.meta.url),
		prefix: [
			...namespacePath === undefined ? [] : ['nsenter', `--net=${namespacePath}`, '--'],
			'setpriv',
			'--no-new-privs',
			'--',
		],
		nodeArguments: await batchingArguments(),
		arguments: [String(uid), String(gid)],
		// A namespace that was made again under the same name is another one.
		key: String(namespace?.ino),
		state: () => state,
	});
	return {
		async replace(table) {
			// Kept also when a zone fails: the others are served.
			state = table;
			await worker.call(table);
		},
		close: worker.close,
	};
};
