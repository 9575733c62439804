import type {ContainersVerbs} from '../../engine/containers.js';
import {HolmError} from '../../engine/errors.js';
import {defaultNetwork} from '../../engine/networks.js';
import type {ContainerConfiguration, Mount, PublishedPort} from '../../engine/resources.js';
import {containerProcess, exposedPorts} from '../../rules/containers/container-process.js';
import {mergeHealthcheck} from '../../rules/containers/healthcheck.js';
import {assertLinkTargets, checkEndpointLinks} from '../../rules/containers/links.js';
import {validateContainer} from '../../rules/containers/validate-container.js';
import {withVolumesFrom} from '../../rules/containers/volumes-from.js';
import {wantedPorts} from '../../rules/containers/wanted-ports.js';
import {findNetwork} from '../../rules/find-resource.js';
import {assertRuns} from '../../rules/images/platform.js';
import {containerName, madeUpName, mountPath, volumeName} from '../../rules/names.js';
import {parseMac} from '../../rules/networks/mac.js';
import {containerArguments, minimumMemory} from './arguments/container.js';
import {askedFor, type ContainerNotes} from './container-notes.js';
import {changing, liveOf, newId, publishOf, type Context} from './context.js';
import {hostsDirectory, writeHosts} from './hosts.js';
import {findImageItem, readImages, type ImageItem} from './image-listing.js';
import {findItem, readItems, type Item} from './listing.js';
import {choosePorts} from './free-ports.js';
import {readNetworks, type NetworkItem} from './network-listing.js';
import {encodeNotes} from './notes.js';
import {unlimited} from './program.js';
import {removeRecord} from './records.js';
import {ensureVolume, readVolumes} from './volumes.js';

/** Checks a name. Throws `invalid`, and `conflict` for one that a container has. */
export const claimName = (items: readonly Item[], text: string): string => {
	const name = containerName(text);
	const holder = items.find(item => item.name === name);
	if (holder) {
		throw new HolmError('conflict', `Conflict. The container name "/${name}" is already in use by container "${holder.id}". You have to remove (or rename) that container to be able to reuse that name.`, {remedy: `holm rm ${name}, or choose another name`});
	}

	return name;
};

/** The name of a container for Apple's program: its own, if that can be one and is free. */
const appleNameOf = (name: string, id: string, items: readonly Item[]): string =>
	/^[\dA-Za-z][\w\-.]{1,62}$/v.test(name) && name !== 'buildkit' && !items.some(({apple}) => apple.id === name) ? name : id.slice(0, 12);

type Wanted = {readonly item: NetworkItem; readonly mac?: string};

export const askedNetworks = ({networks}: Pick<ContainerConfiguration, 'networks'>): ContainerConfiguration['networks'] =>
	networks.length === 0 ? [{network: defaultNetwork, aliases: []}] : networks;

/** The networks of a container. Throws `not-found`, and `unsupported` for what needs an address of one's own choice. */
export const wantedNetworks = (
	configuration: Pick<ContainerConfiguration, 'networks'>,
	networks: readonly NetworkItem[],
): readonly Wanted[] => {
	const byId = new Map(networks.map(item => [item.id, item]));
	const wanted = askedNetworks(configuration).filter(({network}) => network !== 'none').map(attachment => {
		const item = findNetwork(byId, attachment.network);
		const isDefault = item.name === 'bridge';
		checkEndpointLinks(attachment, {isDefault});
		if (attachment.address !== undefined) {
			throw new HolmError(
				'unsupported',
				`a fixed address is not possible on Apple's container: ${attachment.address}`,
				{remedy: 'Apple gives a new address at every start; use names instead'},
			);
		}

		if (isDefault && attachment.aliases.length > 0) {
			throw new HolmError(
				'invalid',
				'network-scoped aliases are only supported for user-defined networks',
				{remedy: 'holm network create makes one'},
			);
		}

		return {item, ...attachment.mac !== undefined && {mac: parseMac(attachment.mac)}};
	});
	const twice = wanted.find(({item}, index) => wanted.findIndex(other => other.item.id === item.id) !== index);
	if (twice) {
		throw new HolmError('invalid', `network ${twice.item.name} is given twice`, {remedy: 'give each network once'});
	}

	return wanted;
};

/** The mounts of a container and its image. Adds missing volumes; those of the image are anonymous. */
const makeMounts = async (context: Context, mounts: readonly Mount[], {image}: ImageItem): Promise<readonly Mount[]> => {
	const targets = new Set(mounts.map(({target}) => mountPath(target)));
	const ofImage: readonly Mount[] = image.configuration.volumes.filter(target => !targets.has(mountPath(target))).map(target => ({
		type: 'volume', source: '', target, readOnly: false,
	}));
	const made: Mount[] = [];
	for (const mount of [...mounts, ...ofImage]) {
		made.push(mount.type === 'volume' ? {...mount, source: (await ensureVolume(context, {name: mount.source})).name} : mount);
	}

	return made;
};

const warningsOf = (
	{isKeeper}: Context,
	{memory, privileged, hostname, mounts, restartPolicy}: ContainerConfiguration,
): readonly string[] => [
	...memory !== undefined && memory < minimumMemory ? ['The machine has 200 MiB of memory: Apple\'s container does not make smaller ones'] : [],
	...privileged ? ['Privileged on Apple\'s container means all capabilities and no masked paths, within its machine'] : [],
	...hostname === undefined ? [] : ['The host name is in /etc/hosts only: Apple\'s container has no setting for it'],
	...mounts.some(mount => mount.type === 'volume' && !mount.noCopy) ? ['A new volume is empty: Apple\'s container does not copy the image\'s files into it'] : [],
	...restartPolicy.name === 'no' || isKeeper ? [] : ['The restart policy applies while this process of Holm runs; holm system start keeps it'],
];

/** Missing directories that are to be made, on the host of Apple's program. */
const makeSources = async (context: Context, mounts: readonly Mount[]): Promise<void> => {
	const sources = mounts.filter(mount => mount.type === 'bind' && mount.createSource).map(mount => mount.type === 'bind' ? mount.source : '');
	if (sources.length > 0) {
		await (await context.program()).shell('for d; do [ -e "$d" ] || mkdir -p "$d"; done', sources);
	}
};

type Made = {
	readonly configuration: ContainerConfiguration;
	readonly notes: ContainerNotes;
	readonly image: ImageItem;
	/** In place of a name of the image. */
	readonly reference?: string;
	readonly networks: readonly Wanted[];
	readonly appleName: string;
	readonly ports: readonly PublishedPort[];
};

/** Runs `container create`. */
export const make = async (context: Context, {configuration, notes, image, reference, networks, appleName, ports}: Made): Promise<void> => {
	const program = await context.program();
	const isNamed = networks.some(({item}) => item.name !== 'bridge');
	const hosts = isNamed ? hostsDirectory(program, notes.id) : undefined;
	const words = containerArguments({
		appleName,
		reference: reference ?? image.references[0]!,
		configuration,
		image: image.image.configuration,
		process: notes.process,
		mounts: notes.mounts,
		ports,
		networks: networks.map(({item, mac}) => ({appleName: item.appleName, mac})),
		notes: encodeNotes(notes),
		hosts,
	});
	if (hosts !== undefined) {
		// Apple refuses a mount of a file that is not there.
		await writeHosts(context, new Map([[notes.id, '127.0.0.1\tlocalhost\n']]));
	}

	await program.run(words, unlimited);
};

/** Removes what was made for a container that could not be made. */
const undo = async (context: Context, {id, mounts}: ContainerNotes, known: ReadonlySet<string>): Promise<void> => {
	const program = await context.program();
	for (const mount of mounts) {
		if (mount.type === 'volume' && !known.has(mount.source)) {
			await program.attempt(['volume', 'delete', mount.source]);
		}
	}

	await removeRecord(program, id);
};

const create = async (context: Context, given: ContainerConfiguration): ReturnType<ContainersVerbs['createContainer']> => {
	validateContainer(given);
	const [items, networkItems, images] = await Promise.all([readItems(context), readNetworks(context), readImages(context)]);
	assertLinkTargets(given, reference => findItem(items, reference));
	const asked = withVolumesFrom(given, reference => findItem(items, reference).container);
	const image = findImageItem(images, given.image);
	const program = await context.program();
	assertRuns(image.image, given, `linux/${program.architecture}`);
	const process = containerProcess(given, image.image.configuration);
	const name = given.name === undefined ? madeUpName(taken => items.some(item => item.name === taken)) : claimName(items, given.name);
	for (const mount of given.mounts) {
		if (mount.type === 'volume' && mount.source !== '') {
			volumeName(mount.source);
		}
	}

	const networks = wantedNetworks(given, networkItems);
	const id = newId();
	const exposed = exposedPorts(given, image.image.configuration);
	const ports = wantedPorts({configuration: given, exposedPorts: exposed});
	const configuration: ContainerConfiguration = {
		...given,
		name,
		networks: given.networks.map((wanted, index) => ({...wanted, network: networks[index]?.item.name ?? wanted.network})),
		labels: {...image.image.configuration.labels, ...given.labels},
	};
	await makeSources(context, asked);
	const known = new Set((await readVolumes(context)).map(volume => volume.name));
	const notes: ContainerNotes = {
		id,
		name,
		createdAt: context.newMoment(),
		imageId: image.image.id,
		configuration: askedFor(configuration),
		process,
		exposedPorts: exposed,
		ports,
		mounts: await makeMounts(context, asked, image),
		healthcheck: mergeHealthcheck(given.healthcheck, image.image.configuration.healthcheck),
	};
	const appleName = appleNameOf(name, id, items);
	try {
		await make(context, {
			configuration, notes, image, networks, appleName, ports: await choosePorts(program, ports, items),
		});
	} catch (error) {
		await undo(context, notes, known);
		throw error;
	}

	liveOf(context, id);
	context.told.set(id, 'created');
	publishOf(context, {container: {id, name, configuration}}, 'create');
	return {id, warnings: warningsOf(context, configuration)};
};

/** Creates a container. */
export const createContainer = async (context: Context, given: ContainerConfiguration): ReturnType<ContainersVerbs['createContainer']> =>
	changing(context, async () => create(context, given));
