import {HolmError} from '../../engine/errors.js';
import type {Pruned, Volume} from '../../engine/resources.js';
import type {VolumeConfiguration, VolumesVerbs} from '../../engine/volumes.js';
import {filterOf, isTrue} from '../../rules/filters.js';
import {findVolume} from '../../rules/find-resource.js';
import {pruneRules, volumeRules} from '../../rules/item-filters.js';
import {volumeName} from '../../rules/names.js';
import {volumeKind} from '../../rules/volume-options.js';
import {newId, publish, type Context} from './context.js';
import {decodeVolumes, type AppleVolume} from './decode/volume.js';
import {readItems, type Item} from './listing.js';
import {decodeNotes, encodeNotes, notesLabel, withoutNotes} from './notes.js';

/** What a volume made by Holm keeps in its label. */
type VolumeNotes = {
	readonly id: string;
	readonly createdAt: number;
	readonly labels: Readonly<Record<string, string>>;
	readonly anonymous: boolean;
};

const anonymousLabel = 'com.apple.container.resource.anonymous';

const volumeOf = ({name, createdAt, path, labels}: AppleVolume): Volume => {
	const notes = decodeNotes<VolumeNotes>(labels);
	const {[anonymousLabel]: mark, ...own} = withoutNotes(labels);
	return {
		name,
		createdAt: notes?.createdAt ?? createdAt,
		mountpoint: path.slice(0, Math.max(path.lastIndexOf('/'), 0)),
		labels: notes?.labels ?? own,
		anonymous: notes?.anonymous ?? mark !== undefined,
	};
};

/** All volumes by name; as they were at most so long ago, unless this engine has changed one since. */
export const readVolumesWithin = async (context: Context, maxAgeMs: number): Promise<readonly Volume[]> =>
	context.lists.volumes.read(async () => {
		const program = await context.program();
		return decodeVolumes(await program.json(['volume', 'ls', '--format', 'json'])).map(volume => volumeOf(volume))
			.toSorted((one, other) => one.name.localeCompare(other.name));
	}, maxAgeMs);

/** All volumes by name. */
export const readVolumes = async (context: Context): Promise<readonly Volume[]> => readVolumesWithin(context, 0);

const hasMounted = ({container}: Item, name: string) => container.mounts.some(mount => mount.type === 'volume' && mount.source === name);

export const usersOf = (items: readonly Item[], name: string): readonly Item[] => items.filter(item => hasMounted(item, name));

/** Finds or adds a volume; without a name, adds an anonymous one. */
export const ensureVolume = async (context: Context, {name, labels = {}, options = {}}: VolumeConfiguration): Promise<Volume> => {
	const {type} = volumeKind(options);
	if (type !== 'directory') {
		throw new HolmError(
			'unsupported',
			`a volume of the type ${type} is not possible on Apple's container`,
			{remedy: 'leave out the options'},
		);
	}

	const id = newId();
	const isAnonymous = name === undefined || name === '';
	const chosen = isAnonymous ? id : volumeName(name);
	const known = (await readVolumes(context)).find(volume => volume.name === chosen);
	if (known) {
		return known;
	}

	const notes: VolumeNotes = {
		id, createdAt: context.newMoment(), labels, anonymous: isAnonymous,
	};
	const program = await context.program();
	await program.run(['volume', 'create', '--label', `${notesLabel}=${encodeNotes(notes)}`, chosen]);
	publish(context, {type: 'volume', action: 'create', id: chosen, attributes: {driver: 'local'}});
	return findVolume(new Map((await readVolumes(context)).map(volume => [volume.name, volume])), chosen);
};

const drop = async (context: Context, name: string): Promise<void> => {
	const program = await context.program();
	await program.run(['volume', 'delete', name]);
	publish(context, {type: 'volume', action: 'destroy', id: name, attributes: {driver: 'local'}});
};

/** Removes the anonymous volumes of a container that is gone. */
export const removeAnonymous = async (context: Context, {container}: Item): Promise<void> => {
	const names = container.mounts.flatMap(mount => mount.type === 'volume' ? [mount.source] : []);
	if (names.length === 0) {
		return;
	}

	const [volumes, items] = await Promise.all([readVolumes(context), readItems(context)]);
	for (const {name, anonymous} of volumes) {
		if (anonymous && names.includes(name) && usersOf(items, name).length === 0) {
			await drop(context, name);
		}
	}
};

/** Apple's volumes are disks: one running container has each. Throws `conflict`. */
export const assertVolumesFree = (item: Item, items: readonly Item[]): void => {
	for (const mount of item.container.mounts) {
		const holder = mount.type === 'volume'
			? items.find(other => other.id !== item.id && other.container.status.state === 'running' && hasMounted(other, mount.source))
			: undefined;
		if (holder && mount.type === 'volume') {
			throw new HolmError(
				'conflict',
				`volume ${mount.source} is in use by container ${holder.name}: on Apple's container one running container at a time has a volume`,
				{remedy: `holm stop ${holder.name}`},
			);
		}
	}
};

/** Bytes on the disk of the host, by volume. */
export const volumeSizes = async (context: Context, volumes: readonly Volume[]): Promise<ReadonlyMap<string, number>> => {
	if (volumes.length === 0) {
		return new Map();
	}

	const program = await context.program();
	const {stdout} = await program.shell('for d; do [ -e "$d" ] && du -sk "$d"; done', volumes.map(({mountpoint}) => mountpoint));
	const byPath = new Map(stdout.toString().split('\n').map(line => {
		const [kibibytes = '0', path = ''] = line.split('\t');
		return [path, Number(kibibytes) * 1024] as const;
	}));
	return new Map(volumes.map(({name, mountpoint}) => [name, byPath.get(mountpoint) ?? 0]));
};

export const volumesVerbs = (context: Context): VolumesVerbs => {
	const find = async (name: string) => findVolume(new Map((await readVolumes(context)).map(volume => [volume.name, volume])), name);
	return {
		async volumes(filters) {
			const [volumes, items] = await Promise.all([readVolumes(context), readItems(context)]);
			return volumes.filter(filterOf(filters, volumeRules(({name}) => usersOf(items, name).length > 0)));
		},
		async volume(name) {
			return find(name);
		},
		async createVolume(configuration) {
			return context.inTurn(async () => ensureVolume(context, configuration));
		},
		async removeVolume(name, {force = false} = {}) {
			await context.inTurn(async () => {
				const [volumes, items] = await Promise.all([readVolumes(context), readItems(context)]);
				if (force && !volumes.some(volume => volume.name === name)) {
					return;
				}

				findVolume(new Map(volumes.map(volume => [volume.name, volume])), name);
				const users = usersOf(items, name);
				if (users.length > 0) {
					throw new HolmError(
						'conflict',
						`remove ${name}: volume is in use - [${users.map(({id}) => id).join(', ')}]`,
						{remedy: 'remove the containers first'},
					);
				}

				await drop(context, name);
			});
		},
		async pruneVolumes({all = false, filters} = {}): Promise<Pruned> {
			return context.inTurn(async () => {
				const {all: given, ...others} = filters ?? {};
				const isAll = all || (given ?? []).some(value => isTrue('all', value));
				const isWanted = filterOf(others, pruneRules(({labels}: Volume) => labels, Date.now()));
				const [volumes, items] = await Promise.all([readVolumes(context), readItems(context)]);
				const going = volumes.filter(volume => usersOf(items, volume.name).length === 0 && (isAll || volume.anonymous) && isWanted(volume));
				const sizes = await volumeSizes(context, going);
				for (const {name} of going) {
					await drop(context, name);
				}

				const freedBytes = going.reduce((sum, {name}) => sum + (sizes.get(name) ?? 0), 0);
				publish(context, {type: 'volume', action: 'prune', id: '', attributes: {reclaimed: String(freedBytes)}});
				return {removed: going.map(({name}) => name), freedBytes};
			});
		},
	};
};
