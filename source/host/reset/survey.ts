import {lstat, readdir, realpath} from 'node:fs/promises';
import path from 'node:path';
import {HolmError} from '../../engine/errors.js';
import {directoryBytes} from '../engine/disk-usage.js';
import {mountPointsBelow, readMounts} from '../mounts.js';
import {pathsOf} from '../store/paths.js';

/** A temporary file of a write, or a record that was set aside. */
const temporary = /^\.?(?<name>[\w\-]+(?:\.[a-z]+)?)\.(?:new|corrupt|[\da-f]{16}\.\d+\.tmp)$/v;

/** Temporary directories: of a probe of virtualisation, and of overlay mounts. */
const passing = /^(?:probe\.|\.holm-overlay-)[A-Za-z\d]{6}$/v;

const namesIn = async (directory: string): Promise<readonly string[]> => {
	try {
		return (await readdir(directory)).toSorted();
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
			return [];
		}

		throw error;
	}
};

const isOwnName = (known: ReadonlySet<string>, name: string) =>
	known.has(name) || passing.test(name) || known.has(temporary.exec(name)?.groups?.name ?? '');

/** Name patterns of the entries in the engine's directories. */
const ownEntries: ReadonlyArray<readonly [directory: 'containers' | 'machines' | 'networks', pattern: RegExp]> = [
	['containers', /^[\da-f]{64}$/v],
	['machines', /^[\da-f]{16}(?:\..+)?$/v],
	['networks', /\.json(?:\.corrupt)?$|^\..+\.tmp$/v],
];

const volumeParts = new Set(['_data', '_filling', 'record.json', 'record.json.corrupt']);

/** Everything in an engine's directory that the engine did not make. */
const findForeign = async (directory: string, names: readonly string[]): Promise<readonly string[]> => {
	const paths = pathsOf(directory);
	const {root: _root, container: _container, network: _network, volume: _volume, ...files} = paths;
	const known = new Set(Object.values(files).map(file => path.basename(file)));
	const foreign = names.filter(name => !isOwnName(known, name)).map(name => path.join(directory, name));
	for (const name of names) {
		const file = path.join(directory, name);
		// The engine makes no links here, so a user did.
		if ((await lstat(file)).isSymbolicLink()) {
			foreign.push(file);
		}
	}

	for (const [kind, pattern] of ownEntries) {
		const entries = await namesIn(paths[kind]);
		foreign.push(...entries.filter(name => !pattern.test(name)).map(name => path.join(paths[kind], name)));
	}

	for (const name of await namesIn(paths.volumes)) {
		const volume = paths.volume(name);
		const parts = (await lstat(volume)).isDirectory() ? await namesIn(volume) : [''];
		foreign.push(...parts.filter(part => !volumeParts.has(part) && !temporary.test(part)).map(part => path.join(volume, part)));
	}

	return [...new Set(foreign)];
};

export type Survey = {
	/** Real path of the engine's directory. */
	readonly directory: string;
	/** Names of its entries. */
	readonly names: readonly string[];
	readonly containers: number;
	readonly networks: number;
	readonly volumes: readonly string[];
	readonly bytes: {readonly containers: number; readonly volumes: number; readonly images: number; readonly cache: number};
};

const isBelow = (file: string, directories: readonly string[]) => directories.some(directory => file.startsWith(`${directory}/`));

/** The engine's own mounts: shares of machines, and buildah's. */
export const ownMounts = async (directory: string): Promise<readonly string[]> => {
	const {machines, images} = pathsOf(directory);
	const mounts = mountPointsBelow(await readMounts(), directory);
	return mounts.filter(mount => isBelow(mount, [machines, images]) || mount === images);
};

/**
The contents of an engine's directory; undefined if it does not exist.

Throws `conflict`, naming a file or mount that the engine did not make, because it must not be removed with the engine.
*/
export const surveyEngine = async (root: string): Promise<Survey | undefined> => {
	let directory: string;
	try {
		directory = await realpath(root);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
			return undefined;
		}

		throw error;
	}

	const {uid} = await lstat(directory);
	const names = (await namesIn(directory)).filter(name => name !== 'lost+found');
	const paths = pathsOf(directory);
	if (uid !== 0) {
		throw new HolmError('conflict', `${directory} belongs to user ${uid}, and an engine's directory is root's`, {remedy: 'name the directory of an engine with --root'});
	}

	const foreign = await findForeign(directory, names);
	const own = new Set(await ownMounts(directory));
	const mounts = mountPointsBelow(await readMounts(), directory);
	const other = mounts.find(mount => !own.has(mount));
	const [first] = foreign;
	if (first !== undefined) {
		throw new HolmError('conflict', `${first} is not the engine's${foreign.length > 1 ? `, nor ${foreign.length - 1} more below ${directory}` : ''}; nothing was removed`, {remedy: 'move it elsewhere first'});
	}

	if (other !== undefined) {
		throw new HolmError('conflict', `something is mounted at ${other}, which is not the engine's; nothing was removed`, {remedy: `umount ${other}`});
	}

	const sum = async (...directories: readonly string[]) => {
		const present = directories.map(file => path.basename(file)).filter(name => names.includes(name));
		const sizes = await Promise.all(present.map(async name => directoryBytes(path.join(directory, name))));
		return sizes.reduce((total, bytes) => total + bytes, 0);
	};

	const [containers, networks, volumes] = await Promise.all([namesIn(paths.containers), namesIn(paths.networks), namesIn(paths.volumes)]);
	return {
		directory,
		names,
		containers: containers.length,
		networks: networks.filter(name => name.endsWith('.json')).length,
		volumes,
		bytes: {
			containers: await sum(paths.containers, paths.machines),
			volumes: await sum(paths.volumes),
			images: await sum(paths.images),
			cache: await sum(paths.disks, paths.templates, paths.guest),
		},
	};
};
