import type {ContainerConfiguration, NetworkConfiguration} from '../../../source/engine/resources.js';

/** A configuration with defaults for everything not given. */
export const containerConfiguration = (given: Partial<ContainerConfiguration> = {}): ContainerConfiguration => ({
	image: 'redis:alpine', command: [], environment: [], terminal: false, openStdin: false, autoRemove: false, labels: {}, networks: [], ports: [], publishAll: false, mounts: [], extraHosts: [], dnsServers: [], dnsSearch: [], readOnlyRoot: false, capabilitiesToAdd: [], capabilitiesToDrop: [], privileged: false, ulimits: [], init: false, restartPolicy: {name: 'no', maximumRetryCount: 0}, ...given,
});

export const networkConfiguration = (name: string, given: Partial<NetworkConfiguration> = {}): NetworkConfiguration => ({name, internal: false, labels: {}, driver: 'bridge', ...given});
