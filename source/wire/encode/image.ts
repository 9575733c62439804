import type {Image} from '../../engine/resources.js';
import {familiarName} from '../image-names.js';
import {encodeTime, zeroTime} from '../times.js';
import {newestMinorVersion} from '../versions.js';
import {encodeHealthcheck} from './health.js';

const encodeSet = (names: readonly string[]) => Object.fromEntries(names.map(name => [name, {}]));

/** Docker's fields of a container that has no settings. Older versions of the API show them for images. */
const containerFields = {
	Hostname: '',
	Domainname: '',
	AttachStdin: false,
	AttachStdout: false,
	AttachStderr: false,
	Tty: false,
	OpenStdin: false,
	StdinOnce: false,
	Image: '',
};

/** What builders without BuildKit wrote of the container that an image was made from. */
const noContainer = {
	...containerFields, User: '', Env: null, Cmd: null, Volumes: null, WorkingDir: '', Entrypoint: null, OnBuild: null, Labels: null,
};

const encodeImageConfig = ({configuration}: Image, minorVersion: number) => ({
	...minorVersion < 50 && containerFields,
	User: configuration.user,
	ExposedPorts: encodeSet(configuration.exposedPorts),
	Env: [...configuration.environment],
	Cmd: configuration.command.length > 0 ? [...configuration.command] : null,
	Entrypoint: configuration.entrypoint.length > 0 ? [...configuration.entrypoint] : null,
	Volumes: encodeSet(configuration.volumes),
	WorkingDir: configuration.workingDirectory,
	Labels: {...configuration.labels},
	StopSignal: configuration.stopSignal,
	Shell: configuration.shell,
	OnBuild: configuration.onBuild ? [...configuration.onBuild] : null,
	Healthcheck: configuration.healthcheck && encodeHealthcheck(configuration.healthcheck),
});

/** The answer of `GET /images/{name}/json`. */
export const encodeImage = (image: Image, {minorVersion = newestMinorVersion} = {}) => ({
	Id: image.id,
	RepoTags: image.tags.map(tag => familiarName(tag)),
	RepoDigests: image.digests.map(digest => familiarName(digest)),
	Parent: image.parent ?? '',
	Comment: image.comment ?? '',
	Created: encodeTime(image.createdAt),
	DockerVersion: '',
	Author: image.author ?? '',
	Architecture: image.architecture,
	Os: image.os,
	Size: image.sizeBytes,
	...minorVersion < 44 && {VirtualSize: image.sizeBytes},
	...minorVersion < 45 && {ContainerConfig: noContainer},
	GraphDriver: {Name: 'overlay', Data: {}},
	RootFS: {Type: 'layers', Layers: [...image.layers]},
	Metadata: {LastTagTime: zeroTime},
	Config: encodeImageConfig(image, minorVersion),
	Holm: {
		History: image.history.map(step => ({
			Created: encodeTime(step.createdAt),
			CreatedBy: step.createdBy,
			Empty: step.empty,
			Comment: step.comment,
		})),
	},
});

/** One item of `GET /images/json`. With `detail` the whole image is under `Holm`. */
export const encodeImageItem = (
	image: Image,
	{detail = false, containers = -1, sharedBytes = -1, minorVersion = newestMinorVersion} = {},
) => ({
	Id: image.id,
	ParentId: image.parent ?? '',
	RepoTags: image.tags.map(tag => familiarName(tag)),
	RepoDigests: image.digests.map(digest => familiarName(digest)),
	Created: Math.floor(image.createdAt / 1000),
	Size: image.sizeBytes,
	...minorVersion < 44 && {VirtualSize: image.sizeBytes},
	SharedSize: sharedBytes,
	Labels: {...image.configuration.labels},
	Containers: containers,
	...detail && {Holm: encodeImage(image)},
});

/** The bytes that each step of the history has added; 0 where the engine does not say. */
const stepBytesOf = ({history, layerBytes = []}: Image): readonly number[] => {
	const left = layerBytes.values();
	return history.map(({empty}) => empty ? 0 : left.next().value ?? 0);
};

/** The answer of `GET /images/{name}/history`, newest first. */
export const encodeHistory = (image: Image) => {
	const bytes = stepBytesOf(image).toReversed();
	return image.history.toReversed().map((step, index) => ({
		Id: index === 0 ? image.id : '<missing>',
		Created: Math.floor(step.createdAt / 1000),
		CreatedBy: step.createdBy,
		Tags: index === 0 ? image.tags.map(tag => familiarName(tag)) : null,
		Size: bytes[index]!,
		Comment: step.comment,
	}));
};
