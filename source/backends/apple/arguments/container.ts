import {HolmError} from '../../../engine/errors.js';
import type {Container, ContainerConfiguration, ImageConfiguration, Mount, PublishedPort} from '../../../engine/resources.js';
import {machineCpusOf} from '../../../rules/containers/cpus.js';
import {defaultMachineMemory} from '../../../rules/containers/memory.js';
import {notesLabel} from '../notes.js';

const mebibyte = 1024 ** 2;

/** Apple's program refuses less. */
export const minimumMemory = 200 * mebibyte;

const each = (flag: string, values: readonly string[]): readonly string[] => values.flatMap(value => [flag, value]);

/** A path in a flag whose parts are divided by `:` and `,`. */
const path = (text: string): string => {
	if (/[,:]/v.test(text)) {
		throw new HolmError(
			'invalid',
			`${JSON.stringify(text.slice(0, 200))} cannot be mounted on Apple's container: it has a colon or a comma`,
			{remedy: 'rename it'},
		);
	}

	return text;
};

const tmpfsFlags = ({target, options}: Mount & {readonly type: 'tmpfs'}): readonly string[] => {
	const known = options.filter(option => /^(?:size|mode)=/v.test(option));
	const other = options.find(option => !known.includes(option) && !['rw', 'nosuid', 'nodev', 'noexec', 'exec'].includes(option));
	if (other !== undefined) {
		throw new HolmError(
			'unsupported',
			`a tmpfs with the option ${JSON.stringify(other.slice(0, 60))} is not possible on Apple's container`,
			{remedy: 'use size and mode'},
		);
	}

	return known.length === 0 ? ['--tmpfs', path(target)] : ['--mount', ['type=tmpfs', `target=${path(target)}`, ...known].join(',')];
};

const mountFlags = (mount: Mount): readonly string[] => {
	if (mount.type === 'tmpfs') {
		return tmpfsFlags(mount);
	}

	if (mount.type === 'volume' && mount.subpath !== undefined) {
		throw new HolmError(
			'unsupported',
			`a part of volume ${mount.source} cannot be mounted alone on Apple's container`,
			{remedy: 'mount the volume'},
		);
	}

	return ['-v', `${path(mount.source)}:${path(mount.target)}${mount.readOnly ? ':ro' : ''}`];
};

const portFlag = ({hostAddress, hostPort, containerPort, protocol}: PublishedPort): readonly string[] => {
	const address = hostAddress === '' ? '0.0.0.0' : hostAddress;
	return ['-p', `${address.includes(':') ? `[${address}]` : address}:${hostPort}:${containerPort}/${protocol}`];
};

/** Labels that Apple takes as they are, and that are not read as flags or as the notes; the notes have all. */
const plainLabels = (labels: Readonly<Record<string, string>>): readonly string[] => Object.entries(labels)
	.filter(([key, value]) => key !== notesLabel && !key.startsWith('-') && value !== '' && !/[=\n]/v.test(value) && !/[=\n]/v.test(key))
	.map(([key, value]) => `${key}=${value}`);

/** The program and its arguments, by which flag and words: an entrypoint drops the image's command in Apple's program as in Docker. */
const processWords = (words: readonly string[], image: ImageConfiguration): {
	readonly flags: readonly string[];
	readonly command: readonly string[];
} => {
	const {entrypoint} = image;
	const isImages = entrypoint.length > 0 && entrypoint.every((word, index) => words[index] === word);
	if (isImages) {
		const rest = words.slice(entrypoint.length);
		// Without words Apple would take the image's command.
		return rest.length > 0 || image.command.length === 0 ? {flags: [], command: rest} : {
			flags: ['--entrypoint', words[0]!],
			command: words.slice(1),
		};
	}

	return entrypoint.length === 0 ? {flags: [], command: words} : {flags: ['--entrypoint', words[0]!], command: words.slice(1)};
};

export type ContainerArguments = {
	readonly appleName: string;
	/** The image, as Apple's program finds it. */
	readonly reference: string;
	readonly configuration: ContainerConfiguration;
	readonly image: ImageConfiguration;
	readonly process: Container['process'];
	readonly mounts: readonly Mount[];
	/** With host ports that are chosen. */
	readonly ports: readonly PublishedPort[];
	/** Apple's names of its networks, with MAC addresses. */
	readonly networks: ReadonlyArray<{readonly appleName: string; readonly mac?: string}>;
	readonly notes: string;
	/** The directory with its `/etc/hosts`. */
	readonly hosts?: string;
};

/** The memory of a container's machine in whole mebibytes. */
export const memoryOf = ({memory = defaultMachineMemory}: Pick<ContainerConfiguration, 'memory'>): number =>
	Math.ceil(Math.max(memory, minimumMemory) / mebibyte);

/** The words of `container create`. Throws `invalid` and `unsupported` for what Apple's program cannot take. */
export const containerArguments = ({
	appleName,
	reference,
	configuration,
	image,
	process,
	mounts,
	ports,
	networks,
	notes,
	hosts,
}: ContainerArguments): readonly string[] => {
	const {terminal, openStdin, privileged, ulimits, platform, kernel, shmSize, sysctls} = configuration;
	const {flags, command} = processWords(process.arguments, image);
	if (Object.keys(sysctls ?? {}).length > 0) {
		throw new HolmError('unsupported', 'kernel parameters (sysctls) cannot be set on Apple\'s container', {remedy: 'leave them out'});
	}

	return [
		'create', '--name', appleName, '-l', `${notesLabel}=${notes}`, ...each('-l', plainLabels(configuration.labels)),
		...each('-e', process.environment),
		'-w', process.workingDirectory,
		...process.user === '' ? [] : ['-u', process.user],
		...openStdin ? ['-i'] : [],
		...terminal ? ['-t'] : [],
		...flags,
		'-c', String(machineCpusOf(configuration)), '-m', `${memoryOf(configuration)}M`,
		...networks.length === 0 ? ['--network', 'none'] : networks.flatMap(({appleName: network, mac}) => [
			'--network',
			mac === undefined ? network : `${network},mac=${mac}`,
		]),
		...ports.flatMap(port => portFlag(port)),
		...mounts.flatMap(mount => mountFlags(mount)),
		...hosts === undefined ? [] : ['-v', `${path(hosts)}/hosts:/etc/hosts`],
		...each('--dns', configuration.dnsServers), ...each('--dns-search', configuration.dnsSearch), ...each(
			'--dns-option',
			configuration.dnsOptions ?? [],
		),
		...privileged ? [
			'--cap-add',
			'ALL',
			'--masked-path',
			'NONE',
			'--read-only-path',
			'NONE',
		] : each('--cap-add', configuration.capabilitiesToAdd),
		...each('--cap-drop', configuration.capabilitiesToDrop),
		...configuration.readOnlyRoot ? ['--read-only'] : [],
		...configuration.init ? ['--init'] : [],
		...each('--ulimit', ulimits.map(({name, soft, hard}) => `${name}=${soft}:${hard}`)),
		...shmSize === undefined ? [] : ['--shm-size', String(shmSize)],
		...platform === undefined ? [] : ['--platform', platform],
		...kernel === undefined ? [] : ['-k', kernel],
		reference, ...command,
	];
};
