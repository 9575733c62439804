import {stat} from 'node:fs/promises';
import {run} from '../run.js';
import {openWorker} from '../workers/worker.js';
import type {NameServer, NameServerTable} from './server.js';

export type NameServerOptions = {
	/** Directory of the worker's socket, lock and log. */
	readonly directory: string;
	/** Path of a network namespace, such as `/run/netns/holm`; default the caller's. */
	readonly namespacePath?: string;
	/** User of the worker after its start. Only root can change to another user. */
	readonly uid: number;
	readonly gid: number;
};

/**
Makes libuv send many datagrams in one system call, which saves a twelfth of the CPU time per answer under load. It is meant for Node's own tests, so it is only used if this Node supports it.
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

/** Starts the name server in a separate process, or connects to it. It outlives the daemon, and the next daemon connects to it. */
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
		// The inode tells a namespace from an earlier one of the same name.
		key: String(namespace?.ino),
		state: () => state,
	});
	return {
		async replace(table) {
			// Kept even if a zone fails, because the others are served.
			state = table;
			await worker.call(table);
		},
		close: worker.close,
	};
};
