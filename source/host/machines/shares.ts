import {
	access,
	chown,
	mkdir,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {HolmError, messageOf} from '../../errors.js';
import {run} from '../run.js';
import {identify, spawnDetached, type ProcessIdentity} from './process.js';
import {machineFiles} from './qemu.js';
import type {Qmp} from './qmp.js';

/** One directory or file of the host that a machine sees as `/shares/N`, N its place in the list. */
export type Share = {readonly source: string; readonly readOnly: boolean};

/** The C program of QEMU 7 comes first: where both are, it is the one whose flags are certain. */
const servers = [
	{
		program: '/usr/lib/qemu/virtiofsd',
		arguments: (socket: string, directory: string) => [`--socket-path=${socket}`, '-o', `source=${directory}`, '-o', 'cache=auto', '-o', 'sandbox=namespace', '-o', 'xattr', '-f'],
	},
	...['/usr/libexec/virtiofsd', '/usr/lib/virtiofsd', '/usr/bin/virtiofsd'].map(program => ({
		program,
		arguments: (socket: string, directory: string) => [`--socket-path=${socket}`, `--shared-dir=${directory}`, '--cache=auto', '--sandbox=namespace', '--xattr'],
	})),
];

const findServer = async () => {
	for (const server of servers) {
		try {
			await access(server.program);
			return server;
		} catch {}
	}

	throw new HolmError('unavailable', 'virtiofsd is not installed, and volumes need it', {remedy: 'holm setup installs it'});
};

const unmountAll = async (directory: string, count: number) => {
	for (let index = count - 1; index >= 0; index--) {
		await run('umount', ['--lazy', path.join(directory, String(index))], {accept: [0, 1, 32]});
	}
};

type User = {readonly uid: number; readonly gid: number};

/**
Serves shares to one machine.

They are bound side by side into one directory, read-only ones by the host's kernel and not by the guest's good will. The server clones the mounts when it enters its sandbox, so the host's own mount table holds them for a moment only.
*/
export const serveShares = async (directory: string, shares: readonly Share[], {uid, gid}: User): Promise<{readonly identity: ProcessIdentity; readonly socket: string}> => {
	const files = machineFiles(directory);
	const server = await findServer();
	await mkdir(files.shares, {recursive: true});
	let mounted = 0;
	try {
		for (const {source, readOnly} of shares) {
			const target = path.join(files.shares, String(mounted));
			if ((await stat(source)).isDirectory()) {
				await mkdir(target, {recursive: true});
			} else {
				await writeFile(target, '');
			}

			await run('mount', ['--bind', source, target]);
			mounted++;
			if (readOnly) {
				await run('mount', ['-o', 'remount,bind,ro', target]);
			}
		}

		await rm(files.sharesSocket, {force: true});
		// Files keep the owners the container gives them, which takes root's rights over them; the server confines itself.
		const {pid, exited} = await spawnDetached(server.program, server.arguments(files.sharesSocket, files.shares), {uid: 0, gid: 0, output: files.sharesErrors});
		let isEnded = false;
		void exited.then(() => {
			isEnded = true;
		});
		for (;;) {
			try {
				await access(files.sharesSocket);
				break;
			} catch {
				if (isEnded) {
					throw new HolmError('internal', `virtiofsd ended; see ${files.sharesErrors}`);
				}

				await delay(2);
			}
		}

		await chown(files.sharesSocket, uid, gid);
		const identity = pid === undefined ? undefined : await identify(pid);
		if (!identity) {
			throw new HolmError('internal', `virtiofsd ended; see ${files.sharesErrors}`);
		}

		return {identity, socket: files.sharesSocket};
	} catch (error) {
		await unmountAll(files.shares, mounted);
		throw error;
	}
};

// The server binds its socket a moment before it listens there.
const [connectAttempts, connectDelayMs] = [200, 10];

/** Has a machine's QEMU connect to the server of its shares. */
export const connectShares = async (qmp: Qmp, socket: string): Promise<void> => {
	for (let attempt = 1; ; attempt++) {
		try {
			await qmp.execute('chardev-add', {id: 'shares', backend: {type: 'socket', data: {server: false, addr: {type: 'unix', data: {path: socket}}}}});
			return;
		} catch (error) {
			if (attempt === connectAttempts || !/connection refused/iv.test(messageOf(error))) {
				throw error;
			}

			await delay(connectDelayMs);
		}
	}
};

/** Takes the host's side of the mounts away, once the machine has seen its shares or is gone. */
export const releaseShares = async (directory: string, count: number): Promise<void> => {
	await unmountAll(machineFiles(directory).shares, count);
};
