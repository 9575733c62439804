import {chmod, chown, mkdir, rm} from 'node:fs/promises';
import {HolmError} from '../../engine/errors.js';
import type {Attachment, Container, ContainerConfiguration, Image} from '../../engine/resources.js';
import {containerProcess, exposedPorts as exposedPortsOf} from '../../rules/containers/container-process.js';
import {mergeHealthcheck} from '../../rules/containers/healthcheck.js';
import {containerName, madeUpName} from '../../rules/names.js';
import {validateContainer} from '../../rules/containers/validate-container.js';
import {resolveUser, withGroups} from '../containers/accounts.js';
import {assertLinkTargets} from '../../rules/containers/links.js';
import {withVolumesFrom} from '../../rules/containers/volumes-from.js';
import {assertRuns} from '../../rules/images/platform.js';
import {limitsOf} from '../containers/bundle.js';
import {capabilitiesOf} from '../containers/capabilities.js';
import {removeLog} from '../containers/log-rotation.js';
import {newId} from '../containers/id.js';
import {mountsOf} from '../containers/mounts.js';
import {machineUidOf, sizeOf, validateSize} from '../guest.js';
import {createOverlay} from '../images/overlay.js';
import {wantedPorts} from '../../rules/containers/wanted-ports.js';
import {findContainer, findNetwork} from './find.js';
import {leaseAttachment} from './leases.js';
import {assertSources, settleSources} from './mounts.js';
import {
	defaultNetwork,
	newEntry,
	publish,
	publishContainer,
	saveContainer,
	type Entry,
	type Context,
} from './context.js';
import {ownPlatform} from './platform.js';
import {ensureVolumes, removeAnonymous} from './volumes.js';

/** Rejects a configuration that no start could satisfy, before anything is created. */
const validate = (configuration: ContainerConfiguration): void => {
	validateSize(sizeOf(configuration));
	validateContainer(configuration);
	capabilitiesOf(configuration);
	limitsOf(configuration.ulimits);
};

const leaseAll = (context: Context, {networks}: ContainerConfiguration): readonly Attachment[] => {
	const wanted = networks.length === 0 ? [{network: defaultNetwork, aliases: []}] : networks.filter(({network}) => network !== 'none');
	const ids = wanted.map(({network}) => findNetwork(context, network).id);
	const twice = ids.findIndex((id, index) => ids.indexOf(id) !== index);
	if (twice !== -1) {
		throw new HolmError('invalid', `network ${wanted[twice]!.network} is given twice`, {remedy: 'give each network once'});
	}

	return wanted.map(attachment => leaseAttachment(context, attachment, {isRunning: false}));
};

const chooseName = ({containers}: Context, wanted: string | undefined): string => {
	const holder = (name: string) => containers.values().find(({container}) => container.name === name);
	if (wanted === undefined) {
		return madeUpName(name => holder(name) !== undefined);
	}

	const other = holder(wanted);
	if (other) {
		throw new HolmError('conflict', `Conflict. The container name "/${wanted}" is already in use by container "${other.container.id.slice(0, 12)}"`, {remedy: `remove or rename that container, or choose another name: holm rm ${wanted}`});
	}

	return wanted;
};

/** Creates the disk, writable by the user of the VM. */
export const makeDisk = async (context: Context, id: string, base: string): Promise<void> => {
	const {directory, disk} = context.paths.container(id);
	await mkdir(directory, {recursive: true, mode: 0o711});
	// The VM's user may traverse the directory, and read only the files that it owns.
	await chmod(directory, 0o711);
	await createOverlay(base, disk);
	await chown(disk, machineUidOf(id), context.guest.gid);
	await chmod(disk, 0o600);
};

export const createContainer = async (context: Context, configuration: ContainerConfiguration): Promise<Entry> => {
	validate(configuration);
	const image = await context.images.get(configuration.image);
	assertRuns(image, configuration, ownPlatform());
	const process = containerProcess(configuration, image.configuration);
	assertLinkTargets(configuration, reference => findContainer(context, reference));

	const inherited = withVolumesFrom(configuration, reference => findContainer(context, reference).container);
	const wantedMounts = mountsOf(image.configuration, {mounts: inherited});
	await assertSources(wantedMounts);
	// Fails early, before the slow part; the check below is the one that counts.
	chooseName(context, configuration.name);
	const base = await context.disks.base(image);
	withGroups(resolveUser(process.user, base.accounts), base.accounts, configuration.groups);
	return context.registry(async () => {
		const id = newId();
		const undo: Array<() => Promise<void>> = [];
		try {
			const name = chooseName(context, configuration.name);
			const attachments = leaseAll(context, configuration);
			const volumes = await ensureVolumes(context, wantedMounts, image);
			undo.push(volumes.undo, async () => rm(context.paths.container(id).directory, {recursive: true, force: true}));
			await makeDisk(context, id, base.path);
			const exposedPorts = exposedPortsOf(configuration, image.configuration);
			const healthcheck = mergeHealthcheck(configuration.healthcheck, image.configuration.healthcheck);
			const entry = newEntry({
				container: {
					id,
					name,
					createdAt: Date.now(),
					imageId: image.id,
					configuration: {
						...configuration,
						name,
						networks: configuration.networks.map((wanted, index) => ({...wanted, network: attachments[index]?.network ?? wanted.network})),
						labels: {...image.configuration.labels, ...configuration.labels},
					},
					process,
					status: {state: 'created'},
					...healthcheck && {healthcheck},
					attachments,
					ports: wantedPorts({configuration, exposedPorts}),
					exposedPorts,
					mounts: await settleSources(volumes.mounts),
					restartCount: 0,
				},
				isStoppedByUser: false,
				devices: {},
			});
			await saveContainer(context, entry);
			context.containers.set(id, entry);
			publishContainer(context, entry, 'create');
			return entry;
		} catch (error) {
			for (const step of undo.toReversed()) {
				await step();
			}

			throw error;
		}
	});
};

/** Removes a stopped container and everything that belongs only to it. */
export const discardContainer = async (context: Context, entry: Entry, {volumes}: {readonly volumes: boolean}): Promise<void> => {
	await context.registry(async () => {
		const {container} = entry;
		const files = context.paths.container(container.id);
		// Once its record is gone the container is gone, even if the rest cannot be removed.
		await rm(files.record, {force: true});
		context.containers.delete(container.id);
		await removeLog(files.log);
		await rm(files.directory, {recursive: true, force: true});
		publishContainer(context, entry, 'destroy');
		try {
			if (volumes) {
				await removeAnonymous(context, container);
			}
		} finally {
			entry.removed.resolve();
		}
	});
};

export const renameContainer = async (context: Context, entry: Entry, wanted: string): Promise<void> => context.registry(async () => {
	const name = containerName(wanted);
	const before: Container = entry.container;
	if (before.name === name) {
		throw new HolmError('invalid', `Renaming a container with the same name as its current name: ${name}`, {remedy: 'choose another name'});
	}

	chooseName(context, name);
	entry.container = {...before, name, configuration: {...before.configuration, name}};
	try {
		await saveContainer(context, entry);
	} catch (error) {
		entry.container = before;
		throw error;
	}

	publishContainer(context, entry, 'rename', {oldName: `/${before.name}`});
});

