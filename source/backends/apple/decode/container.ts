import {HolmError} from '../../../engine/errors.js';
import {
	caseOf,
	countOf,
	labelsOf,
	listOf,
	membersOf,
	momentOf,
	textOf,
	textsOf,
	type Members,
} from './lenient.js';

/** An address that a running container has. */
export type AppleAddress = {
	readonly network: string;
	readonly address: string;
	readonly prefixLength: number;
	readonly gateway: string;
	readonly mac: string;
};

export type AppleMount = {
	readonly type: string;
	/** Of a volume. */
	readonly name: string;
	readonly source: string;
	readonly destination: string;
	readonly options: readonly string[];
};

export type ApplePort = {
	readonly hostAddress: string;
	readonly hostPort: number;
	readonly containerPort: number;
	readonly protocol: 'tcp' | 'udp';
};

/** A container as Apple's program lists it. */
export type AppleContainer = {
	/** Which is its name. */
	readonly id: string;
	readonly state: 'running' | 'stopping' | 'stopped' | 'unknown';
	/** Milliseconds since the epoch, in whole seconds; undefined before the first start, and after a start of the service. */
	readonly startedDate?: number;
	readonly createdAt: number;
	readonly reference: string;
	/** `sha256:` and digits. */
	readonly imageDigest: string;
	readonly process: {
		readonly arguments: readonly string[];
		readonly environment: readonly string[];
		readonly workingDirectory: string;
		readonly user: string;
		readonly terminal: boolean;
	};
	readonly labels: Readonly<Record<string, string>>;
	readonly mounts: readonly AppleMount[];
	readonly ports: readonly ApplePort[];
	/** Names of the networks that it asks for. */
	readonly networks: readonly string[];
	readonly addresses: readonly AppleAddress[];
	readonly cpus: number;
	readonly memoryBytes: number;
	readonly readOnly: boolean;
	readonly init: boolean;
	readonly stopSignal: string;
	readonly capabilitiesToAdd: readonly string[];
	readonly capabilitiesToDrop: readonly string[];
	readonly dnsServers: readonly string[];
	readonly dnsSearch: readonly string[];
};

const states = ['running', 'stopping', 'stopped'] as const;

const userOf = (value: unknown): string => {
	const {id, raw} = membersOf(value);
	if (raw !== undefined) {
		return textOf(membersOf(raw).userString);
	}

	const {uid, gid} = membersOf(id);
	return uid === undefined || (uid === 0 && gid === 0) ? '' : `${countOf(uid)}:${countOf(gid)}`;
};

const mountTypes = ['virtiofs', 'tmpfs', 'volume', 'block'];

const decodeMount = ({type, source, destination, options}: Members): AppleMount => {
	const word = caseOf(type, mountTypes);
	return {
		type: word,
		name: textOf(membersOf(membersOf(type)[word]).name),
		source: textOf(source),
		destination: textOf(destination),
		options: textsOf(options),
	};
};

/** Ranges have one entry. */
const decodePorts = ({hostAddress, hostPort, containerPort, proto, count}: Members): readonly ApplePort[] =>
	Array.from({length: Math.min(Math.max(countOf(count), 1), 65_536)}, (_, index) => ({
		hostAddress: textOf(hostAddress), hostPort: countOf(hostPort) + index, containerPort: countOf(containerPort) + index, protocol: proto === 'udp' ? 'udp' as const : 'tcp' as const,
	}));

const decodeAddress = ({network, ipv4Address, address, ipv4Gateway, gateway, macAddress}: Members): AppleAddress => {
	const [plain = '', length = '24'] = (textOf(ipv4Address) || textOf(address)).split('/', 2);
	return {
		network: textOf(network),
		address: plain,
		prefixLength: Number(length) || 24,
		gateway: textOf(ipv4Gateway) || textOf(gateway),
		mac: textOf(macAddress),
	};
};

const decodeContainer = (item: Members): AppleContainer => {
	if (typeof item.status === 'string') {
		throw new HolmError(
			'unsupported',
			'this version of Apple\'s container lists containers in the form before 1.0',
			{remedy: 'update it: github.com/apple/container/releases'},
		);
	}

	const configuration = membersOf(item.configuration);
	const status = membersOf(item.status);
	const {executable, arguments: words, environment, workingDirectory, user, terminal} = membersOf(configuration.initProcess);
	const {reference, descriptor} = membersOf(configuration.image);
	const {cpus, memoryInBytes} = membersOf(configuration.resources);
	const dns = membersOf(configuration.dns);
	return {
		id: textOf(item.id) || textOf(configuration.id),
		state: states.find(state => state === status.state) ?? 'unknown',
		startedDate: momentOf(status.startedDate),
		createdAt: momentOf(configuration.creationDate) ?? 0,
		reference: textOf(reference),
		imageDigest: textOf(membersOf(descriptor).digest),
		process: {
			arguments: [...textOf(executable) === '' ? [] : [textOf(executable)], ...textsOf(words)],
			environment: textsOf(environment),
			workingDirectory: textOf(workingDirectory) || '/',
			user: userOf(user),
			terminal: terminal === true,
		},
		labels: labelsOf(configuration.labels),
		mounts: listOf(configuration.mounts).map(mount => decodeMount(mount)),
		ports: listOf(configuration.publishedPorts).flatMap(port => decodePorts(port)),
		networks: listOf(configuration.networks).map(({network}) => textOf(network)).filter(Boolean),
		addresses: listOf(status.networks).map(address => decodeAddress(address)),
		cpus: countOf(cpus),
		memoryBytes: countOf(memoryInBytes),
		readOnly: configuration.readOnly === true,
		init: configuration.useInit === true,
		stopSignal: textOf(configuration.stopSignal),
		capabilitiesToAdd: textsOf(configuration.capAdd),
		capabilitiesToDrop: textsOf(configuration.capDrop),
		dnsServers: textsOf(dns.nameservers),
		dnsSearch: textsOf(dns.searchDomains),
	};
};

const isBuilder = ({id, labels}: AppleContainer) => id === 'buildkit' || labels['com.apple.container.resource.role'] === 'builder';

/** The containers of a list; without the builder, and those that are no containers. Throws `unsupported` for the list of a version before 1.0. */
export const decodeContainers = (document: unknown): readonly AppleContainer[] =>
	listOf(document).map(item => decodeContainer(item)).filter(container => container.id !== '' && !isBuilder(container));
