import {HolmError} from '../../engine/errors.js';
import type {ContainerConfiguration} from '../../engine/resources.js';
import {isPossibleSecurityOption, securityOf} from '../../engine/security-options.js';
import {parseCpuset} from './cpus.js';
import {parseLink} from './links.js';
import {logLimitsOf} from './logging.js';
import {seccompOf} from './seccomp.js';
import {refuse, shown} from './validate-process.js';
import {parseVolumesFrom} from './volumes-from.js';

const mebibyte = 1024 ** 2;

const isWhole = (value: number | undefined, minimum: number, maximum = Number.MAX_SAFE_INTEGER) =>
	value === undefined || (Number.isSafeInteger(value) && value >= minimum && value <= maximum);

const checkMemory = ({memory, shmSize, memoryReservation, memorySwap}: ContainerConfiguration) => {
	if (!isWhole(shmSize, 1)) {
		refuse(`invalid shm size ${shmSize}`, 'it is a number of bytes above 0');
	}

	if (!isWhole(memoryReservation, 6 * mebibyte)) {
		refuse(`invalid memory reservation ${memoryReservation}: minimum memory reservation allowed is 6MB`, 'give more');
	}

	if (memoryReservation !== undefined && memory !== undefined && memoryReservation > memory) {
		refuse('minimum memory limit can not be less than memory reservation limit', 'raise the memory');
	}

	if (!isWhole(memorySwap, -1)) {
		refuse(`invalid memory and swap ${memorySwap}`, 'it is a number of bytes, or -1');
	}

	if (memorySwap !== undefined && memorySwap !== -1 && memory === undefined) {
		refuse('you should always set the memory limit when using the memoryswap limit', 'give the memory, too');
	}

	if (memorySwap !== undefined && memorySwap !== -1 && memorySwap < memory!) {
		refuse('minimum memoryswap limit should be larger than memory limit', 'it counts memory and swap together');
	}
};

const checkCpus = ({cpus, cpuQuota, cpuPeriod, cpuShares, cpusetCpus, cpusetMemories}: ContainerConfiguration) => {
	if (cpus !== undefined && (cpuQuota !== undefined || cpuPeriod !== undefined)) {
		refuse('conflicting options: CPUs and CPU quota or period', 'give one of them');
	}

	// The kernel's bounds of a quota.
	if (!isWhole(cpuPeriod, 1000, 1_000_000)) {
		refuse(`invalid CPU period ${cpuPeriod}`, 'it is a number of microseconds from 1000 to 1000000');
	}

	if (!isWhole(cpuQuota, 1000)) {
		refuse(`invalid CPU quota ${cpuQuota}`, 'it is a number of microseconds from 1000');
	}

	if (!isWhole(cpuShares, 2, 262_144)) {
		refuse(`invalid CPU shares ${cpuShares}`, 'it is a number from 2 to 262144');
	}

	if (cpusetCpus !== undefined && parseCpuset(cpusetCpus) === undefined) {
		refuse(`invalid value ${shown(cpusetCpus)} for cpuset CPUs`, 'it is a list such as 0-2,4');
	}

	if (cpusetMemories !== undefined && cpusetMemories !== '0') {
		refuse(`invalid value ${shown(cpusetMemories)} for cpuset memory nodes`, 'a machine has only 0');
	}
};

const checkKernel = ({sysctls = {}, annotations = {}}: ContainerConfiguration) => {
	for (const [name, value] of Object.entries(sysctls)) {
		// It becomes a path below /proc/sys.
		if (!/^[a-z][\w\-]*(?:\.[\w\-]+)+$/v.test(name) || name.length > 200) {
			refuse(`invalid sysctl ${shown(name)}`, 'write NAME=VALUE, such as net.core.somaxconn=1024');
		}

		if (!/^[\w \t.:,+\-\/]{1,200}$/v.test(value) || value.trim() !== value) {
			refuse(`invalid value ${shown(value)} of sysctl ${name}`, 'it is one line of numbers or words');
		}
	}

	if (Object.keys(annotations).includes('')) {
		refuse('invalid annotation: a key is empty', 'write KEY=value');
	}
};

const checkRights = ({groups = [], securityOptions = [], pidsLimit, oomScoreAdjustment}: ContainerConfiguration) => {
	const group = groups.find(group => !/^[\w\-.]+\$?$/v.test(group));
	if (group !== undefined) {
		refuse(`invalid group ${shown(group)}`, 'it is a name or a number');
	}

	const option = securityOptions.find(option => !isPossibleSecurityOption(option));
	if (option !== undefined) {
		throw new HolmError('unsupported', `security option ${shown(option)} is not supported`, {remedy: 'no-new-privileges, seccomp=unconfined, or seccomp= with a profile'});
	}

	const {seccomp} = securityOf(securityOptions);
	if (seccomp !== undefined) {
		seccompOf(seccomp, () => false);
	}

	if (!isWhole(pidsLimit, 1)) {
		refuse(`invalid limit of processes ${pidsLimit}`, 'it is a number from 1');
	}

	if (!isWhole(oomScoreAdjustment, -1000, 1000)) {
		refuse(`Invalid value ${oomScoreAdjustment}, range for oom score adj is [-1000, 1000]`, 'choose a value in it');
	}
};

const checkNames = ({domainName, dnsOptions = [], exposedPorts = []}: ContainerConfiguration) => {
	if (domainName !== undefined && !/^[\w.\-]{1,64}$/v.test(domainName)) {
		refuse(`invalid domain name ${shown(domainName)}`, 'it has up to 64 letters, digits, hyphens and dots');
	}

	const option = dnsOptions.find(option => !/^[a-z][\w\-]*(?::\d+)?$/v.test(option));
	if (option !== undefined) {
		refuse(`invalid DNS option ${shown(option)}`, 'resolv.conf(5) lists them, such as ndots:2');
	}

	const port = exposedPorts.find(port => !/^\d{1,5}\/(?:tcp|udp)$/v.test(port) || !(Number.parseInt(port, 10) >= 1 && Number.parseInt(port, 10) <= 65_535));
	if (port !== undefined) {
		refuse(`invalid exposed port ${shown(port)}`, 'it is PORT/tcp or PORT/udp');
	}
};

const modes = ['ipcMode', 'pidMode', 'cgroupNamespaceMode'] as const;
const possible = new Set(['', 'none', 'private', 'shareable']);

const checkNamespaces = (configuration: ContainerConfiguration) => {
	for (const mode of modes) {
		const given = configuration[mode] ?? '';
		if (!possible.has(given)) {
			throw new HolmError('unsupported', `${mode} ${shown(given)} is not supported: every container has a machine of its own`, {remedy: 'private'});
		}
	}
};

const checkPaths = ({maskedPaths = [], readonlyPaths = []}: ContainerConfiguration) => {
	const path = [...maskedPaths, ...readonlyPaths].find(path => !path.startsWith('/') || path.includes('\0'));
	if (path !== undefined) {
		refuse(`invalid masked or read-only path ${shown(path)}`, 'it is an absolute path in the container');
	}
};

/** Checks the settings beyond the common ones. Throws `invalid`, and `unsupported` for those that a VM cannot have. */
export const validateSettings = (configuration: ContainerConfiguration): void => {
	checkMemory(configuration);
	checkCpus(configuration);
	checkKernel(configuration);
	checkRights(configuration);
	checkNames(configuration);
	checkNamespaces(configuration);
	checkPaths(configuration);
	logLimitsOf(configuration.logging);
	for (const link of configuration.links ?? []) {
		parseLink(link);
	}

	for (const source of configuration.volumesFrom ?? []) {
		parseVolumesFrom(source);
	}

	const {consoleSize} = configuration;
	if (consoleSize && !(isWhole(consoleSize.rows, 1, 65_535) && isWhole(consoleSize.columns, 1, 65_535))) {
		refuse('invalid console size', 'it has up to 65535 rows and columns');
	}
};
