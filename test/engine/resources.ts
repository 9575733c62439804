import {plainContainer} from '../../source/engine/plain-container.js';
import type {
	Container,
	ContainerConfiguration,
	ContainerStats,
	Image,
	Network,
	Volume,
} from '../../source/engine/resources.js';

export const noon = Date.UTC(2026, 1, 25, 12);

export const configuration = (given: Partial<ContainerConfiguration> = {}): ContainerConfiguration => ({
	...plainContainer,
	image: 'redis:alpine',
	...given,
});

/** With a value in every field. */
export const fullConfiguration = configuration({
	image: 'registry.example:5000/team/app@sha256:abc',
	name: 'full_one',
	command: ['serve', '--port', '80'],
	entrypoint: ['/bin/tini', '--'],
	environment: ['A=1', 'B=two words', 'C=a=b', 'D=', 'E'],
	workingDirectory: '/srv/app',
	user: '1000:1000',
	hostname: 'app.example',
	terminal: true,
	openStdin: true,
	autoRemove: true,
	labels: {'com.example.team': 'ünïcode', empty: ''},
	networks: [
		{network: 'front', address: '192.168.70.9', mac: '02:42:ac:11:00:02', driverOptions: {'com.example.note': 'kept'}, aliases: ['web', 'www']},
		{network: 'back', aliases: [], links: ['db:store']},
	],
	ports: [
		{hostAddress: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp'},
		{hostAddress: '127.0.0.1', hostPort: 0, containerPort: 53, protocol: 'udp'},
	],
	publishAll: true,
	mounts: [
		{type: 'bind', source: '/srv/new', target: '/new', readOnly: false, createSource: true},
		{type: 'bind', source: '/srv/data', target: '/data', readOnly: true},
		{type: 'bind', source: '/srv/a:b', target: '/colon', readOnly: true, createSource: true},
		{type: 'volume', source: 'cache', target: '/cache', readOnly: false},
		{type: 'volume', source: 'other', target: '/other', readOnly: false, noCopy: true},
		{type: 'volume', source: 'part', target: '/part', readOnly: true, subpath: 'a/b'},
		{type: 'volume', source: '', target: '/anonymous', readOnly: false},
		{type: 'tmpfs', target: '/run', readOnly: true, options: ['size=64m', 'mode=1777']},
	],
	// As `-v` gives a bind mount.
	binds: ['/srv/new:/new'],
	extraHosts: ['host.docker.internal:host-gateway', 'db:10.0.0.1'],
	dnsServers: ['9.9.9.9'],
	dnsSearch: ['example.com'],
	cpus: 2,
	memory: 1_073_741_824,
	readOnlyRoot: true,
	capabilitiesToAdd: ['NET_ADMIN'],
	capabilitiesToDrop: ['ALL'],
	privileged: true,
	ulimits: [{name: 'nofile', soft: 1024, hard: 4096}],
	init: true,
	stopSignal: 'SIGQUIT',
	stopTimeoutSeconds: 3,
	restartPolicy: {name: 'on-failure', maximumRetryCount: 5},
	healthcheck: {
		test: ['CMD', 'curl', 'localhost'], intervalMs: 1500, timeoutMs: 2000.5, retries: 4, startPeriodMs: 60_000, startIntervalMs: 1,
	},
	platform: 'linux/amd64',
	kernel: '/boot/vmlinuz-special',
	shmSize: 128 * 1024 ** 2,
	sysctls: {'net.core.somaxconn': '1024'},
	groups: ['audio', '4242'],
	securityOptions: ['no-new-privileges', 'seccomp=unconfined'],
	pidsLimit: 99,
	oomScoreAdjustment: -100,
	domainName: 'example.test',
	dnsOptions: ['ndots:2'],
	exposedPorts: ['9000/tcp'],
	logging: {driver: 'local', options: {'max-size': '1m', 'max-file': '2'}},
	cpusetCpus: '0',
	cpusetMemories: '0',
	cpuShares: 512,
	memoryReservation: 64 * 1024 ** 2,
	memorySwap: -1,
	annotations: {'com.example.note': 'x'},
	runtime: 'runc',
	isolation: 'default',
	volumesFrom: ['data:ro'],
	links: ['db:database'],
	ipcMode: 'private',
	pidMode: 'private',
	cgroupNamespaceMode: 'private',
	maskedPaths: ['/proc/kcore'],
	readonlyPaths: [],
	consoleSize: {rows: 24, columns: 80},
	idFile: '/run/id',
	attachedStreams: ['stdout'],
	keepStdin: true,
});

export const container = (given: Partial<Container> = {}): Container => ({
	id: 'ab'.repeat(32),
	name: 'my-redis-db',
	createdAt: noon - 120_000,
	imageId: `sha256:${'cd'.repeat(32)}`,
	configuration: configuration(),
	process: {arguments: ['redis-server'], environment: [], workingDirectory: '/', user: ''},
	status: {state: 'running', pid: 1, startedAt: noon - 119_000},
	attachments: [],
	ports: [],
	exposedPorts: [],
	mounts: [],
	restartCount: 0,
	...given,
});

export const fullContainer = container({
	name: 'full_one',
	configuration: fullConfiguration,
	process: {
		arguments: ['/bin/tini', '--', 'serve', '--port', '80'],
		environment: ['PATH=/bin', 'A=1'],
		workingDirectory: '/srv/app',
		user: '1000:1000',
	},
	attachments: [{
		network: 'front',
		networkId: '12'.repeat(32),
		endpointId: '34'.repeat(32),
		address: '192.168.70.9',
		prefixLength: 24,
		gateway: '192.168.70.1',
		mac: '02:42:ac:11:00:02',
		aliases: ['web', 'www', 'abababababab'],
	}],
	ports: [{hostAddress: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp'}],
	exposedPorts: ['80/tcp', '443/tcp'],
	healthcheck: fullConfiguration.healthcheck,
	health: {
		status: 'healthy', failingStreak: 2, log: [{
			startedAt: noon - 2000, endedAt: noon - 1500, exitCode: 1, output: 'connection refused\n',
		}],
	},
	mounts: [
		{type: 'bind', source: '/srv/data', target: '/data', readOnly: true},
		{type: 'volume', source: 'ef'.repeat(32), target: '/anonymous', readOnly: false},
		{type: 'tmpfs', target: '/run', readOnly: true, options: ['size=64m', 'mode=1777']},
	],
	restartCount: 2,
	diskBytes: 4096,
	machine: {
		accelerator: 'kvm',
		cpus: 2,
		memoryBytes: 1_073_741_824,
		kernel: '/boot/vmlinuz-special',
		phases: [{name: 'restore', startMs: 0, endMs: 45}, {name: 'process', startMs: 45, endMs: 90.5}],
	},
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

export const volume = (given: Partial<Volume> = {}): Volume => ({
	name: 'cache',
	createdAt: noon,
	mountpoint: '/var/lib/holm/volumes/cache',
	labels: {},
	anonymous: false,
	...given,
});

export const stats = (given: Partial<ContainerStats> = {}): ContainerStats => ({
	readAt: noon,
	cpuNanoseconds: 123_456_789,
	systemCpuNanoseconds: 987_654_321_000,
	cpus: 2,
	memoryBytes: 50_000_000,
	memoryLimitBytes: 536_870_912,
	hostMemoryBytes: 80_000_000,
	pids: 7,
	networks: {eth0: {receivedBytes: 1, receivedPackets: 2, sentBytes: 3, sentPackets: 4}},
	blockReadBytes: 5,
	blockWrittenBytes: 6,
	...given,
});
