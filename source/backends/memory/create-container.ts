import type {ContainersVerbs} from '../../engine/containers.js';
import {HolmError} from '../../engine/errors.js';
import type {
	Attachment,
	Container,
	ContainerConfiguration,
	Mount,
} from '../../engine/resources.js';
import {containerProcess, exposedPorts} from '../../rules/containers/container-process.js';
import {mergeHealthcheck} from '../../rules/containers/healthcheck.js';
import {mountPath, containerName, madeUpName, volumeName} from '../../rules/names.js';
import {volumeKind} from '../../rules/volume-options.js';
import {findContainer} from '../../rules/find-resource.js';
import {assertLinkTargets} from '../../rules/containers/links.js';
import {assertRuns} from '../../rules/images/platform.js';
import {withVolumesFrom} from '../../rules/containers/volumes-from.js';
import {validateContainer} from '../../rules/containers/validate-container.js';
import {wantedPorts} from '../../rules/containers/wanted-ports.js';
import {planAttachment, wantedAttachments} from './endpoints.js';
import {findImage, hostArchitecture} from './image-store.js';
import {newContainerRecord} from './container-record.js';
import {publishOf, type ImageRecord, type State} from './state.js';
import {ensureVolume, fillVolume} from './volumes.js';

/** Checks a name. Throws `invalid`, and `conflict` for one that a container has. */
export const claimName = (state: State, text: string): string => {
	const name = containerName(text);
	const holder = state.containers.values().find(({container}) => container.name === name);
	if (holder) {
		throw new HolmError('conflict', `Conflict. The container name "/${name}" is already in use by container "${holder.id}". You have to remove (or rename) that container to be able to reuse that name.`, {remedy: `holm rm ${name}, or choose another name`});
	}

	return name;
};

/** The mounts of a container and its image. Adds missing volumes; those of the image are anonymous. Empty ones get the image's files. */
const makeMounts = (state: State, mounts: readonly Mount[], {image, files}: Pick<ImageRecord, 'image' | 'files'>): readonly Mount[] => {
	const targets = new Set(mounts.map(({target}) => mountPath(target)));
	const ofImage: readonly Mount[] = image.configuration.volumes
		.filter(target => !targets.has(mountPath(target)))
		.map(target => ({
			type: 'volume', source: '', target, readOnly: false,
		}));
	return [...mounts, ...ofImage].map(mount => {
		if (mount.type !== 'volume') {
			return mount;
		}

		const volume = ensureVolume(state, {name: mount.source});
		if (!mount.noCopy && mount.subpath === undefined && volumeKind(volume.volume.options).type === 'directory') {
			fillVolume(volume, files, mount);
		}

		return {...mount, source: volume.volume.name};
	});
};

/** Creates a container. Throws, without changing anything, for a configuration that is refused. */
export const createContainer = (state: State, given: ContainerConfiguration): Awaited<ReturnType<ContainersVerbs['createContainer']>> => {
	validateContainer(given);
	assertLinkTargets(given, reference => findContainer(state.containers, reference));

	const mounts = withVolumesFrom(given, reference => findContainer(state.containers, reference).container);
	const {record: {image, files}} = findImage(state, given.image);
	assertRuns(image, given, `linux/${hostArchitecture}`);
	const process = containerProcess(given, image.configuration);
	const name = given.name === undefined
		? madeUpName(taken => state.containers.values().some(({container}) => container.name === taken), state.random.next)
		: claimName(state, given.name);
	for (const mount of given.mounts) {
		if (mount.type === 'volume' && mount.source !== '') {
			volumeName(mount.source);
		}
	}

	const attachments: readonly Attachment[] = wantedAttachments(given.networks)
		.map(wanted => planAttachment(state, wanted, {isRunning: false}));
	const twice = attachments.find(({networkId}, index) => attachments.findIndex(other => other.networkId === networkId) !== index);
	if (twice) {
		throw new HolmError('invalid', `network ${twice.network} is given twice`, {remedy: 'give each network once'});
	}

	// Nothing below throws.
	const id = state.random.hex(64);
	const exposed = exposedPorts(given, image.configuration);
	const healthcheck = mergeHealthcheck(given.healthcheck, image.configuration.healthcheck);
	const container: Container = {
		id,
		name,
		createdAt: state.now(),
		imageId: image.id,
		configuration: {
			...given,
			name,
			networks: given.networks.map((wanted, index) => ({...wanted, network: attachments[index]?.network ?? wanted.network})),
			labels: {...image.configuration.labels, ...given.labels},
		},
		process,
		status: {state: 'created'},
		...healthcheck && {healthcheck},
		attachments,
		ports: wantedPorts({configuration: given, exposedPorts: exposed}),
		exposedPorts: exposed,
		mounts: makeMounts(state, mounts, {image, files}),
		restartCount: 0,
	};
	const record = newContainerRecord(state, container, files);
	state.containers.set(id, record);
	publishOf(state, record, 'create');
	const warnings = container.mounts.filter(mount => mount.type === 'bind').map(({source}) => `${JSON.stringify(source)} is not mounted: an engine in memory has no directories of a host and shows an empty one`);
	return {id, warnings};
};
