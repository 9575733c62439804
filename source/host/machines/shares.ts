import {constants} from 'node:fs';
import {
	access,
	chown,
	mkdir,
	open,
	rm,
	stat,
	writeFile,
	type FileHandle,
} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {HolmError, messageOf} from '../../engine/errors.js';
import {mountsBelow, readMounts} from '../mounts.js';
import {holdProcess, type HeldProcess} from './mount-namespace.js';
import {killProcess, type ProcessIdentity} from './process.js';
import {machineFiles} from './qemu.js';
import type {Qmp} from './qmp.js';
import {pathOnly} from './run-directory.js';

/** A directory or file of the host that a machine sees as `/shares/N`, where N is its index in the list. */
export type Share = {
	readonly source: string;
	readonly readOnly: boolean;
	/** A directory of the engine, which must not be a symbolic link. For a user's directory links are followed. */
	readonly isOwn?: boolean;
	/** Path below the source to show instead. It may not contain links, because containers could choose where they lead. */
	readonly subpath?: string;
};

const pathOf = ({source, subpath = ''}: Share): string => path.join(source, subpath);

/** Opens a path below a directory without following links. */
const openBelow = async (directory: FileHandle, subpath: string): Promise<FileHandle> => {
	let here = directory;
	for (const name of subpath.split('/').filter(part => part !== '' && part !== '.')) {
		try {
			const next = await open(`/proc/self/fd/${here.fd}/${name}`, pathOnly | constants.O_NOFOLLOW);
			await here.close();
			here = next;
		} catch (error) {
			await here.close();
			throw error;
		}

		const status = await here.stat();
		if (status.isSymbolicLink()) {
			await here.close();
			throw new HolmError('invalid', `subpath ${JSON.stringify(subpath.slice(0, 300))} cannot be mounted: ${JSON.stringify(name)} is a link`, {remedy: 'name the path without links'});
		}
	}

	return here;
};

/** QEMU 7's C program comes first: if both are installed, its flags are the known ones. */
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

/** Mount flags that a remount clears unless it repeats them. */
const keptFlags = new Set(['nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime', 'relatime', 'nosymfollow']);

const openSource = async (share: Share): Promise<FileHandle> => {
	const {isOwn, subpath} = share;
	const source = pathOf(share).slice(0, 300);
	try {
		const handle = await open(share.source, pathOnly | (isOwn ? constants.O_NOFOLLOW | constants.O_DIRECTORY : 0));
		return subpath === undefined ? handle : await openBelow(handle, subpath);
	} catch (error) {
		if (error instanceof HolmError) {
			throw error;
		}

		throw (error as NodeJS.ErrnoException).code === 'ENOENT'
			? new HolmError('invalid', `${source} cannot be mounted: there is no such file or directory`, {remedy: 'make it, or mount another one', cause: error})
			: new HolmError('invalid', `${source} cannot be mounted: ${messageOf(error)}`, {remedy: isOwn ? 'it must be a directory' : 'mount another one', cause: error});
	}
};

/** Makes a mount and all mounts below it read-only. The host's kernel enforces it, not the guest. */
const makeReadOnly = async (held: HeldProcess, target: string): Promise<void> => {
	const writable = async () => {
		const mounts = mountsBelow(await readMounts(held.identity.pid), target, true);
		return mounts.filter(({options}) => !options.includes('ro'));
	};

	for (const {target: place, options} of await writable()) {
		await held.run('mount', ['--no-canonicalize', '-o', ['remount', 'bind', 'ro', ...options.filter(option => keptFlags.has(option))].join(','), place]);
	}

	const [left] = await writable();
	if (left) {
		throw new HolmError('internal', `${left.target} could not be made read-only`);
	}
};

/** Mounts one share for the server, including the mounts below it. Later mounts on the host do not appear, as in Docker. */
const bindShare = async (held: HeldProcess, share: Share, target: string): Promise<void> => {
	await using handle = await openSource(share);
	const source = await handle.stat({bigint: true});
	const place = held.pathOf(target);
	await (source.isDirectory() ? mkdir(place) : writeFile(place, ''));
	await held.run('mount', ['--no-canonicalize', '--rbind', '--make-rprivate', pathOf(share), target]);
	// `mount` resolved the path again, and it may have changed since it was opened.
	const mounted = await stat(place, {bigint: true});
	if (mounted.ino !== source.ino || mounted.dev !== source.dev) {
		throw new HolmError('conflict', `${pathOf(share)} cannot be mounted: it changed meanwhile`, {remedy: 'start the container again'});
	}

	if (share.readOnly) {
		await makeReadOnly(held, target);
	}
};

/** Mounts the shares side by side in the server's mount namespace, on a read-only tmpfs. */
const bindShares = async (held: HeldProcess, shares: readonly Share[], directory: string): Promise<void> => {
	// Unbindable, so a share that contains this directory does not show it.
	await held.run('mount', ['--no-canonicalize', '--make-unbindable', '-t', 'tmpfs', '-o', 'mode=0755,size=1m', 'holm-shares', directory]);
	for (const [index, share] of shares.entries()) {
		await bindShare(held, share, path.join(directory, String(index)));
	}

	// Private, because the server binds it again for its sandbox.
	await held.run('mount', ['--no-canonicalize', '--make-private', '-o', 'remount,bind,ro', directory]);
};

/** How long the server may take to listen. */
const listenTimeoutMs = 60_000;

const isListening = async (socket: string, {ended}: HeldProcess): Promise<boolean> => {
	const over = new AbortController();
	void ended.then(() => {
		over.abort();
	});
	const signal = AbortSignal.any([over.signal, AbortSignal.timeout(listenTimeoutMs)]);
	while (!signal.aborted) {
		try {
			await access(socket);
			return true;
		} catch {
			await delay(2);
		}
	}

	return false;
};

export type ServeOptions = {
	/** The machine's user. */
	readonly uid: number;
	readonly gid: number;
	/** Saves the server's process, before anything is mounted. */
	readonly record: (identity: ProcessIdentity) => Promise<void>;
};

/**
Serves shares to one machine.

The server has its own mount namespace, so a user's files never appear in the machine's directory, which is removed recursively. If the engine dies before the server runs, nothing is left.

Throws `invalid` if a source cannot be mounted, and `unavailable` if virtiofsd is not installed.
*/
export const serveShares = async (
	directory: string,
	shares: readonly Share[],
	{uid, gid, record}: ServeOptions,
): Promise<{readonly identity: ProcessIdentity; readonly socket: string}> => {
	const files = machineFiles(directory);
	const server = await findServer();
	await mkdir(files.shares, {recursive: true});
	await rm(files.sharesSocket, {force: true});
	// It runs as root, because files keep the owners that the container gives them. It sandboxes itself.
	const arguments_ = server.arguments(files.sharesSocket, files.shares);
	const held = await holdProcess(server.program, arguments_, {output: files.sharesErrors, owner: directory});
	const {identity} = held;
	try {
		await record(identity);
		await bindShares(held, shares, files.shares);
		held.start();
		if (!await isListening(files.sharesSocket, held)) {
			throw new HolmError('internal', `virtiofsd does not listen; see ${files.sharesErrors}`);
		}

		await chown(files.sharesSocket, uid, gid);
		return {identity, socket: files.sharesSocket};
	} catch (error) {
		await killProcess(identity);
		throw error;
	}
};

// The server binds its socket a moment before it listens there.
const [connectAttempts, connectDelayMs] = [200, 10];

/** Connects a machine's QEMU to the server of its shares. */
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
