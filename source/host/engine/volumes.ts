import {randomBytes} from 'node:crypto';
import {
	mkdir,
	readdir,
	rename,
	rm,
	stat,
} from 'node:fs/promises';
import path from 'node:path';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {VolumesVerbs} from '../../engine/volumes.js';
import type {Container, Image, Mount, Volume} from '../../engine/resources.js';
import {filterOf, isTrue} from '../../rules/filters.js';
import {pruneRules, volumeRules} from '../../rules/item-filters.js';
import {volumeName} from '../../rules/names.js';
import {volumeKind} from '../../rules/volume-options.js';
import {copyContained} from '../copy-contained.js';
import {withImageMounted} from '../images/disk.js';
import {resolveWithin} from '../images/within-root.js';
import {mountsBelow, readMounts, type MountPoint} from '../mounts.js';
import {run} from '../run.js';
import {orMissing} from '../store/missing.js';
import {readRecord, writeRecord} from '../store/records.js';
import {publish, type Context} from './context.js';
import {directoryBytes} from './disk-usage.js';

type VolumeRecord = Pick<Volume, 'name' | 'createdAt' | 'labels' | 'options' | 'anonymous'>;

const filesOf = ({paths}: Context, name: string) => {
	const directory = paths.volume(name);
	return {directory, data: path.join(directory, '_data'), record: path.join(directory, 'record.json')};
};

const volumeOf = (context: Context, record: VolumeRecord): Volume => ({...record, mountpoint: filesOf(context, record.name).data});

export const findVolume = async (context: Context, name: string): Promise<Volume | undefined> => {
	if (!/^[\dA-Za-z][\w.\-]{0,127}$/v.test(name)) {
		return undefined;
	}

	const reading = await readRecord<VolumeRecord>(filesOf(context, name).record);
	if (reading.state === 'unusable') {
		throw new HolmError('unavailable', `the record of volume ${name} cannot be used: ${reading.problem.reason}`, {remedy: `its files are in ${filesOf(context, name).data}; bind-mount that directory, or repeat the command to reuse them in a volume without labels`});
	}

	return reading.state === 'read' ? volumeOf(context, reading.value) : undefined;
};

const createVolume = async (
	context: Context,
	record: Omit<VolumeRecord, 'createdAt'>,
): Promise<{readonly volume: Volume; readonly isNew: boolean}> => {
	const files = filesOf(context, record.name);
	const whole = {...record, createdAt: Date.now()};
	await mkdir(files.directory, {recursive: true, mode: 0o755});
	// Files whose record was lost may be user data.
	const isNew = await mkdir(files.data, {recursive: true, mode: 0o755}) !== undefined;
	try {
		await writeRecord(files.record, whole);
	} catch (error) {
		if (isNew) {
			await rm(files.directory, {recursive: true, force: true});
		}

		throw error;
	}

	publish(context, {type: 'volume', action: 'create', id: record.name, attributes: {driver: 'local'}});
	return {volume: volumeOf(context, whole), isNew};
};

/** A mount point inside a volume, if any: what is mounted there does not belong to the volume and must not be removed with it. */
const mountIn = (context: Context, name: string, mounts: readonly MountPoint[]): string | undefined =>
	mountsBelow(mounts, filesOf(context, name).directory)[0]?.target;

/** Throws `conflict` if something is mounted inside the volume. */
const removeFiles = async (context: Context, name: string) => {
	const mount = mountIn(context, name, await readMounts());
	if (mount !== undefined) {
		throw new HolmError('conflict', `remove ${name}: volume is in use - something is mounted on ${mount}`, {remedy: `umount ${mount}`});
	}

	await rm(filesOf(context, name).directory, {recursive: true, force: true});
	publish(context, {type: 'volume', action: 'destroy', id: name, attributes: {driver: 'local'}});
};

type VolumeMount = Mount & {readonly type: 'volume'};

/** False for what is no directory, also for what is not there. */
const isEmptyDirectory = async (directory: string): Promise<boolean> => {
	const names = await readdir(directory).catch(() => undefined);
	return names?.length === 0;
};

/** Calls `use` with a directory of the image, if it has it. */
const withImageDirectory = async (context: Context, image: Image, target: string, use: (source: string) => Promise<void>): Promise<void> =>
	withImageMounted(context.images.buildah, image.id, async root => {
		const source = await resolveWithin(root, target);
		const status = source === undefined ? undefined : await stat(source).catch(() => undefined);
		if (source !== undefined && status?.isDirectory()) {
			await use(source);
		}
	});

/** The same for a volume whose files are in a directory of the host, perhaps on another file system. */
const fillDevice = async (context: Context, image: Image, {target}: VolumeMount, device: string): Promise<void> => {
	if (await isEmptyDirectory(device)) {
		await withImageDirectory(context, image, target, async source => copyContained(source, device));
	}
};

/**
As in Docker, an empty volume gets the image's files at its mount path, with the directory's owner, mode and attributes.

Another container may write to the volume meanwhile: the files are copied beside it, and then moved, which follows no link.
*/
const fillFromImage = async (context: Context, image: Image, {source: name, target}: VolumeMount): Promise<void> => {
	const {directory, data} = filesOf(context, name);
	if (!await isEmptyDirectory(data)) {
		return;
	}

	const staging = path.join(directory, '_filling');
	await withImageDirectory(context, image, target, async source => {
		try {
			// An interrupted copy may have left it.
			await rm(staging, {recursive: true, force: true});
			// Copies links as links, so nothing outside the image is read.
			await run('cp', ['--archive', '--no-target-directory', source, staging]);
			const copied = await readdir(staging);
			for (const entry of copied) {
				await rename(path.join(staging, entry), path.join(data, entry));
			}

			await run('cp', ['--archive', '--no-target-directory', staging, data]);
		} finally {
			await rm(staging, {recursive: true, force: true});
		}
	});
};

export type EnsuredVolumes = {
	/** The mounts with the names of anonymous volumes filled in. */
	readonly mounts: readonly Mount[];
	/** Removes the created volumes. */
	readonly undo: () => Promise<void>;
};

/** Creates the missing volumes of a container, and fills empty ones from the image. The caller must hold the registry. */
export const ensureVolumes = async (context: Context, mounts: readonly Mount[], image: Image): Promise<EnsuredVolumes> => {
	const made: string[] = [];
	const undo = async () => {
		for (const name of made) {
			await removeFiles(context, name);
		}
	};

	const ensured: Mount[] = [];
	try {
		for (const mount of mounts) {
			if (mount.type !== 'volume') {
				ensured.push(mount);
				continue;
			}

			const isAnonymous = mount.source === '';
			const name = isAnonymous ? randomBytes(32).toString('hex') : mount.source;
			volumeName(name);
			const found = await findVolume(context, name);
			if (!found) {
				const {isNew} = await createVolume(context, {name, labels: {}, anonymous: isAnonymous});
				if (isNew) {
					made.push(name);
				}
			}

			const kind = volumeKind(found?.options);
			const named = {...mount, source: name, ...kind.type === 'directory' && {mountpoint: filesOf(context, name).data}};
			if (!mount.noCopy && mount.subpath === undefined) {
				if (kind.type === 'directory') {
					await fillFromImage(context, image, named);
				} else if (kind.type === 'bind' && !kind.readOnly) {
					await fillDevice(context, image, named, kind.device);
				}
			}

			ensured.push(named);
		}

		return {mounts: ensured, undo};
	} catch (error) {
		await undo();
		throw error;
	}
};

export const usersOf = ({containers}: Context, volume: string): readonly Container[] => containers.values()
	.map(({container}) => container)
	.filter(({mounts}) => mounts.some(mount => mount.type === 'volume' && mount.source === volume))
	.toArray();

/** Removes the anonymous volumes of a removed container, unless another container uses them. */
export const removeAnonymous = async (context: Context, {mounts}: Container): Promise<void> => {
	for (const mount of mounts) {
		const volume = mount.type === 'volume' ? await findVolume(context, mount.source) : undefined;
		if (volume?.anonymous && usersOf(context, volume.name).length === 0) {
			await removeFiles(context, volume.name);
		}
	}
};

export const listVolumes = async (context: Context): Promise<readonly Volume[]> => {
	const names: readonly string[] = await orMissing(readdir(context.paths.volumes)) ?? [];
	const volumes = await Promise.all(names.toSorted().map(async name => {
		try {
			return await findVolume(context, name);
		} catch (error) {
			context.log(messageOf(error));
			return undefined;
		}
	}));
	return volumes.filter(volume => volume !== undefined);
};

const isUsed = (context: Context, {name}: Volume) => usersOf(context, name).length > 0;

export const volumesVerbs = (context: Context): VolumesVerbs => {
	const get = async (name: string) => {
		const volume = await findVolume(context, name);
		if (!volume) {
			throw new HolmError('not-found', `get ${JSON.stringify(name.slice(0, 200)).slice(1, -1)}: no such volume`, {remedy: 'holm volume ls lists them'});
		}

		return volume;
	};

	return {
		async volumes(filters = {}) {
			const volumes = await listVolumes(context);
			return volumes.filter(filterOf(filters, volumeRules(volume => isUsed(context, volume))));
		},
		volume: get,
		createVolume: async ({name, labels = {}, options = {}}) => context.registry(async () => {
			volumeKind(options);
			const isAnonymous = name === undefined || name === '';
			const wanted = isAnonymous ? randomBytes(32).toString('hex') : name;
			volumeName(wanted);
			const existing = await findVolume(context, wanted);
			if (existing) {
				return existing;
			}

			const {volume} = await createVolume(context, {name: wanted, labels, options, anonymous: isAnonymous});
			return volume;
		}),
		removeVolume: async (name, {force = false} = {}) => context.registry(async () => {
			const volume = force ? await findVolume(context, name) : await get(name);
			if (!volume) {
				return;
			}

			const users = usersOf(context, name);
			if (users.length > 0) {
				throw new HolmError('conflict', `remove ${name}: volume is in use - [${users.map(container => container.name).join(', ')}]`, {remedy: 'remove those containers first'});
			}

			await removeFiles(context, name);
		}),
		pruneVolumes: async ({all = false, filters = {}} = {}) => context.registry(async () => {
			const volumes = await listVolumes(context);
			const {all: given = [], ...others} = filters;
			const isAll = all || given.some(value => isTrue('all', value));
			const isWanted = filterOf(others, pruneRules(({labels}: Volume) => labels, Date.now()));
			const mounts = await readMounts();
			const hasForeignMount = ({name}: Volume) => mountIn(context, name, mounts) !== undefined;
			const unused = volumes.filter(volume => (isAll || volume.anonymous) && !isUsed(context, volume));
			const removable = unused.filter(volume => !hasForeignMount(volume) && isWanted(volume));
			let freedBytes = 0;
			for (const {name, mountpoint} of removable) {
				freedBytes += await directoryBytes(mountpoint);
				await removeFiles(context, name);
			}

			return {removed: removable.map(({name}) => name), freedBytes};
		}),
	};
};
