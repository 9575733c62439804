import net from 'node:net';
import {HolmError} from '../../engine/errors.js';
import type {ContainerConfiguration, Mount} from '../../engine/resources.js';
import {mountPath, containerName} from '../names.js';
import {listenedOn} from '../../engine/listening.js';
import {validateHealthcheck} from './healthcheck.js';
import {signalNumber} from './signals.js';
import {
	refuse,
	shown,
	validateArguments,
	validateDirectory,
	validateEnvironment,
} from './validate-process.js';
import {validateSettings} from './validate-settings.js';

const minimumMemory = 6 * 1024 * 1024;

const checkNames = ({name, hostname, user, labels}: ContainerConfiguration) => {
	if (name !== undefined) {
		containerName(name);
	}

	if (hostname !== undefined && !/^(?!-)[\w\-]{1,63}(?<!-)(?:\.(?!-)[\w\-]{1,63}(?<!-))*$/v.test(hostname)) {
		refuse(`invalid host name ${shown(hostname)}`, 'it has labels of up to 63 letters, digits, hyphens and underscores');
	}

	if (user !== undefined && !/^[\w\-.]*\$?(?::[\w\-.]+\$?)?$/v.test(user)) {
		refuse(`invalid user ${shown(user)}`, 'it is NAME or UID, with :GROUP or :GID after it where wanted');
	}

	if (Object.keys(labels).some(key => key === '' || key.includes('='))) {
		refuse('invalid label: a key is empty or has an equals sign', 'write KEY=value');
	}
};

const checkProcess = ({entrypoint = [], command, environment, workingDirectory}: ContainerConfiguration) => {
	validateArguments([...entrypoint, ...command]);
	validateEnvironment(environment);
	validateDirectory(workingDirectory);
};

const checkMounts = (mounts: readonly Mount[]) => {
	const targets = new Set<string>();
	for (const mount of mounts) {
		const target = mountPath(mount.target);
		if (!mount.target.startsWith('/') || mount.target.includes('\0') || mount.target.split('/').includes('..')) {
			refuse(`invalid mount config: invalid mount path ${shown(mount.target)}: mount path must be absolute`, 'begin it with / and leave out ..');
		}

		if (target === '/') {
			refuse('invalid mount config: destination can\'t be \'/\'', 'mount a directory below it');
		}

		if (targets.has(target)) {
			refuse(`Duplicate mount point: ${target}`, 'mount each path once');
		}

		targets.add(target);
		if (mount.type === 'volume' && mount.subpath !== undefined && (mount.subpath.startsWith('/') || mount.subpath.includes('\0') || mount.subpath.split('/').includes('..'))) {
			refuse(`invalid mount config: subpath ${shown(mount.subpath)} must be a relative path within the volume`, 'leave out the first / and ..');
		}

		if (mount.type === 'bind' && (!mount.source.startsWith('/') || mount.source.includes('\0'))) {
			refuse(`invalid mount config: ${shown(mount.source)} is not an absolute path of the host`, 'begin it with /');
		}
	}
};

const isPort = (port: number, minimum: number) => Number.isSafeInteger(port) && port >= minimum && port <= 65_535;

const checkPorts = ({ports}: ContainerConfiguration) => {
	const taken = new Set<string>();
	for (const {hostAddress, hostPort, containerPort, protocol} of ports) {
		if (!isPort(containerPort, 1) || !isPort(hostPort, 0)) {
			refuse(`invalid port: ${hostPort}:${containerPort}`, 'a port is a number from 1 to 65535');
		}

		if (hostAddress !== '' && net.isIP(hostAddress) === 0) {
			refuse(`invalid host address ${shown(hostAddress)} for port ${containerPort}`, 'leave it out for all');
		}

		for (const address of listenedOn(hostAddress)) {
			const key = `${address} ${hostPort}/${protocol}`;
			if (hostPort !== 0 && taken.has(key)) {
				refuse(`port ${hostPort}/${protocol} is published twice`, 'give each host port once');
			}

			taken.add(key);
		}
	}
};

const checkLimits = ({cpus, memory, ulimits, stopSignal, stopTimeoutSeconds}: ContainerConfiguration) => {
	// The kernel's smallest quota is a hundredth.
	if (cpus !== undefined && !(Number.isFinite(cpus) && cpus >= 0.01)) {
		refuse(`invalid number of CPUs: ${cpus}`, 'it is a number from 0.01');
	}

	if (memory !== undefined && !(Number.isSafeInteger(memory) && memory >= minimumMemory)) {
		refuse('Minimum memory limit allowed is 6MB', `give more than ${memory} bytes`);
	}

	const ulimit = ulimits.find(({soft, hard}) => hard !== -1 && (soft === -1 || soft > hard));
	if (ulimit) {
		refuse(`ulimit soft limit must be less than or equal to hard limit: ${ulimit.soft} > ${ulimit.hard}`, `raise the hard limit of ${ulimit.name.slice(0, 40)}`);
	}

	if (stopSignal) {
		signalNumber(stopSignal);
	}

	if (stopTimeoutSeconds !== undefined && !Number.isSafeInteger(stopTimeoutSeconds)) {
		refuse(`invalid stop timeout: ${stopTimeoutSeconds}`, 'it is a whole number of seconds, -1 for no limit');
	}
};

const checkRestart = ({restartPolicy: {name, maximumRetryCount}, autoRemove}: ContainerConfiguration) => {
	if (!['no', 'always', 'on-failure', 'unless-stopped'].includes(name)) {
		refuse(`invalid restart policy ${shown(name)}`, 'it is no, always, unless-stopped or on-failure');
	}

	if (autoRemove && name !== 'no') {
		refuse('can\'t create \'AutoRemove\' container with restart policy', 'drop one of them');
	}

	if (!Number.isSafeInteger(maximumRetryCount) || maximumRetryCount < 0) {
		refuse(`invalid maximum retry count: ${maximumRetryCount}`, 'it is a whole number, 0 for no limit');
	}

	if (maximumRetryCount > 0 && name !== 'on-failure') {
		refuse(`invalid restart policy: maximum retry count can only be used with 'on-failure', not ${name}`, 'leave out the count');
	}
};

/** Throws `invalid` for a host that is not `NAME:ADDRESS`. */
const assertExtraHost = (host: string): void => {
	const [name = '', ...address] = host.split(':');
	if (name === '' || (net.isIP(address.join(':')) === 0 && address.join(':') !== 'host-gateway')) {
		refuse(`bad format for add-host: ${shown(host)}`, 'write NAME:ADDRESS, or NAME:host-gateway');
	}
};

const checkHosts = ({extraHosts, dnsServers}: ContainerConfiguration) => {
	for (const host of extraHosts) {
		assertExtraHost(host);
	}

	const server = dnsServers.find(server => net.isIP(server) === 0);
	if (server !== undefined) {
		refuse(`invalid address of a name server: ${shown(server)}`, 'it is an IP address');
	}
};

const checkNetworks = ({networks}: ContainerConfiguration) => {
	const names = networks.map(({network}) => network === 'default' ? 'bridge' : network);
	const twice = names.find((name, index) => names.indexOf(name) !== index);
	if (twice !== undefined) {
		refuse(`network ${twice} is given twice`, 'give each network once');
	}

	if (names.length > 1 && names.includes('none')) {
		refuse('the network none cannot be combined with others', 'leave one of them out');
	}

	const shared = names.find(name => name === 'host' || name.startsWith('container:'));
	if (shared !== undefined) {
		throw new HolmError('unsupported', `network ${shown(shared)} is not possible: a container is a machine of its own and cannot share another's network`, {remedy: 'put both on one network and use names, or publish ports'});
	}
};

/** Checks a configuration as far as possible without looking at existing resources. Throws `invalid`, and `unsupported` for a network that a VM cannot have. */
export const validateContainer = (configuration: ContainerConfiguration): void => {
	if (configuration.image === '') {
		refuse('no image was named', 'name one, such as redis:alpine');
	}

	checkNames(configuration);
	checkProcess(configuration);
	checkMounts(configuration.mounts);
	checkPorts(configuration);
	checkLimits(configuration);
	checkRestart(configuration);
	checkHosts(configuration);
	checkNetworks(configuration);
	if (configuration.healthcheck) {
		validateHealthcheck(configuration.healthcheck);
	}

	validateSettings(configuration);
};
