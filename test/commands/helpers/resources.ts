import type {
	Container,
	ContainerConfiguration,
	Image,
	Network,
} from '../../../source/engine/resources.js';

export const configuration = (given: Partial<ContainerConfiguration> = {}): ContainerConfiguration => ({
	image: 'redis:alpine',
	command: [],
	environment: [],
	terminal: false,
	openStdin: false,
	autoRemove: false,
	labels: {},
	networks: [],
	ports: [],
	publishAll: false,
	mounts: [],
	extraHosts: [],
	dnsServers: [],
	dnsSearch: [],
	readOnlyRoot: false,
	capabilitiesToAdd: [],
	capabilitiesToDrop: [],
	privileged: false,
	ulimits: [],
	init: false,
	restartPolicy: {name: 'no', maximumRetryCount: 0},
	...given,
});

export const noon = Date.UTC(2026, 1, 25, 12);

export const container = (given: Partial<Container> = {}): Container => ({
	id: 'ab'.repeat(32),
	name: 'my-redis-db',
	createdAt: noon - 120_000,
	imageId: `sha256:${'cd'.repeat(32)}`,
	configuration: configuration(given.configuration),
	process: {
		arguments: ['redis-server'], environment: [], workingDirectory: '/', user: '',
	},
	status: {state: 'running', pid: 1, startedAt: noon - 119_000},
	attachments: [],
	ports: [],
	exposedPorts: [],
	mounts: [],
	restartCount: 0,
	...given,
});

export const network = (given: Partial<Network> = {}): Network => ({
	id: 'ef'.repeat(32),
	name: 'myapp-net',
	createdAt: noon,
	driver: 'bridge',
	subnet: '192.168.65.0/24',
	gateway: '192.168.65.1',
	internal: false,
	labels: {},
	leases: [],
	...given,
});

export const image = (given: Partial<Image> = {}): Image => ({
	id: `sha256:${'12'.repeat(32)}`,
	tags: ['docker.io/library/redis:alpine'],
	digests: [],
	createdAt: noon - (3 * 86_400_000),
	sizeBytes: 41_230_000,
	architecture: 'amd64',
	os: 'linux',
	configuration: {
		user: '', environment: [], entrypoint: [], command: [], workingDirectory: '', exposedPorts: [], volumes: [], labels: {},
	},
	layers: [],
	history: [],
	...given,
});
