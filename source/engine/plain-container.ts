import type {ContainerConfiguration} from './resources.js';

/** The configuration of a container for which nothing but its image is asked. */
export const plainContainer: Omit<ContainerConfiguration, 'image'> = {
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
};
