import type {Stats} from 'node:fs';
import {stat} from 'node:fs/promises';
import {HolmError} from '../../engine/errors.js';
import type {Container, ContainerConfiguration, Mount} from '../../engine/resources.js';
import {volumeKind} from '../../rules/volume-options.js';
import {guestPaths, type GuestMount} from '../containers/bundle.js';
import type {HostSocket} from '../machines/relay.js';
import type {Share} from '../machines/shares.js';
import {makeDirectories} from '../make-directories.js';
import type {Context} from './context.js';
import {findVolume} from './volumes.js';

const shown = (text: string) => JSON.stringify(text.slice(0, 300)).slice(1, -1);

/** `/dev/null`: major number 1, minor number 3. */
const nullDevice = 259;

/** The only device that can be mounted: it covers a file, and is the machine's own. */
const isNull = (status: Stats | undefined): boolean => status?.isCharacterDevice() === true && status.rdev === nullDevice;

const statusOf = async (file: string) => stat(file).catch(() => undefined);

/** Throws `invalid` for a bind whose source cannot be mounted. Missing sources that are made at the start are fine. */
export const assertSources = async (mounts: ContainerConfiguration['mounts']): Promise<void> => {
	for (const mount of mounts) {
		if (mount.type !== 'bind') {
			continue;
		}

		const status = await statusOf(mount.source);
		if (!status && mount.createSource) {
			continue;
		}

		if (!status?.isDirectory() && !status?.isFile() && !status?.isSocket() && !isNull(status)) {
			const reason = status ? 'is neither a file, a directory nor a socket' : 'does not exist';
			throw new HolmError('invalid', `invalid mount config for type "bind": bind source path ${reason}: ${shown(mount.source)}`, {remedy: status ? 'mount another one' : 'create it first, or mount it with -v, which makes it'});
		}
	}
};

/** The mounts of a new container: a socket that is gone at a later start is not replaced by a directory. */
export const settleSources = async (mounts: readonly Mount[]): Promise<readonly Mount[]> => Promise.all(mounts.map(async mount => {
	const status = mount.type === 'bind' && mount.createSource ? await statusOf(mount.source) : undefined;
	return status?.isSocket() ? {...mount, createSource: false} : mount;
}));

/** A warning for each mount that gives a container the engine's own socket. */
export const socketWarnings = async ({paths}: Context, mounts: readonly Mount[]): Promise<readonly string[]> => {
	const own = await statusOf(paths.socket);
	const found = await Promise.all(mounts.map(async mount => {
		const status = mount.type === 'bind' ? await statusOf(mount.source) : undefined;
		return own && status?.ino === own.ino && status.dev === own.dev
			? [`${shown(mount.target)} is this engine's socket: the container can do everything that the engine can, also as root on the host`]
			: [];
	}));
	return found.flat();
};

/** The mounts of a container as its machine sees them. */
export type ResolvedMounts = {
	readonly mounts: readonly GuestMount[];
	/** Directories and files of the host that the machine sees. */
	readonly shares: readonly Share[];
	readonly sockets: readonly HostSocket[];
};

/** A volume in memory belongs to one machine, so no two containers could share its files. */
const assertUnshared = ({containers, connected}: Context, {id}: Pick<Container, 'id'>, volume: string) => {
	const other = containers.values().map(({container}) => container).find(container => container.id !== id && connected.has(container.id)
		&& container.mounts.some(mount => mount.type === 'volume' && mount.source === volume));
	if (other) {
		throw new HolmError('conflict', `volume ${volume} is in the memory of container ${other.name}, and only one container at a time can use it`, {remedy: 'use a volume on the disk to share files'});
	}
};

/** Looks at the sources of a container's mounts, and makes missing ones that the container asks for. */
export const resolveMounts = async (context: Context, container: Pick<Container, 'id' | 'mounts'>): Promise<ResolvedMounts> => {
	const mounts: GuestMount[] = [];
	const shares: Share[] = [];
	const sockets: HostSocket[] = [];
	const share = ({target}: Mount, wanted: Share) => {
		mounts.push({target, readOnly: wanted.readOnly, source: guestPaths.share(shares.length)});
		shares.push(wanted);
	};

	for (const mount of container.mounts) {
		const {target, readOnly} = mount;
		if (mount.type === 'tmpfs') {
			mounts.push({target, readOnly, tmpfs: mount.options});
		} else if (mount.type === 'volume') {
			const volume = await findVolume(context, mount.source);
			if (!volume) {
				throw new HolmError('not-found', `get ${mount.source}: no such volume`, {remedy: `holm volume create ${mount.source}`});
			}

			const {subpath} = mount;
			const kind = volumeKind(volume.options);
			switch (kind.type) {
				case 'directory': {
					share(mount, {source: volume.mountpoint, readOnly, isOwn: true, subpath});
					break;
				}

				case 'bind': {
					share(mount, {source: kind.device, readOnly: readOnly || kind.readOnly, subpath});
					break;
				}

				case 'tmpfs': {
					assertUnshared(context, container, volume.name);
					mounts.push({target, readOnly, tmpfs: ['exec', ...kind.options]});
					break;
				}
			}
		} else {
			if (mount.createSource) {
				await makeDirectories(mount.source);
			}

			const status = await statusOf(mount.source);
			if (status?.isSocket()) {
				mounts.push({target, readOnly, source: guestPaths.socket(sockets.length)});
				sockets.push({
					source: mount.source, uid: status.uid, gid: status.gid, mode: status.mode % 0o1000,
				});
			} else if (isNull(status)) {
				mounts.push({target, readOnly, source: '/dev/null'});
			} else {
				share(mount, {source: mount.source, readOnly});
			}
		}
	}

	return {mounts, shares, sockets};
};
