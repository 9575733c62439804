import {readFile} from 'node:fs/promises';
import path from 'node:path';
import type {ContainerSettings, Logging} from '../engine/container-settings.js';
import {HolmError, messageOf} from '../engine/errors.js';
import type {containerFlags} from './container-flags.js';
import {parsePairs} from './environment.js';
import type {FlagValues} from './flag-table.js';
import {parseExposed} from './ports.js';
import {parseLimit, parseSize, parseWhole} from './sizes.js';

type Flags = FlagValues<typeof containerFlags>;

const optional = <Result>(value: string | undefined, parse: (value: string) => Result): Result | undefined =>
	value === undefined || value === '' ? undefined : parse(value);

const listOf = (values: readonly string[]) => values.length === 0 ? undefined : values;

const drivers: ReadonlyArray<Logging['driver']> = ['json-file', 'local', 'none'];

const parseLogging = ({logDriver, logOpt}: Flags): Logging | undefined => {
	const driver = logDriver === undefined ? 'json-file' : drivers.find(known => known === logDriver);
	if (driver === undefined) {
		throw new HolmError('unsupported', `--log-driver ${logDriver} is not supported: logs stay on this host`, {remedy: `it is ${drivers.join(', ')}; holm logs --follow passes them on`});
	}

	const options = parsePairs('--log-opt', logOpt);
	return logDriver === undefined && options === undefined ? undefined : {driver, options: options ?? {}};
};

/** The flags of `run` and `update` that limit a container, beside those for the size of its VM. */
export type LimitFlags = Pick<
	Flags,
	'cpuPeriod' | 'cpuQuota' | 'cpuShares' | 'cpusetCpus' | 'cpusetMems' | 'memoryReservation' | 'memorySwap' | 'pidsLimit'
>;

/** Throws `invalid`. */
export const parseLimits = (flags: LimitFlags): ContainerSettings => ({
	cpuPeriod: optional(flags.cpuPeriod, value => parseWhole('--cpu-period', value)),
	cpuQuota: optional(flags.cpuQuota, value => parseWhole('--cpu-quota', value)),
	cpuShares: optional(flags.cpuShares, value => parseWhole('--cpu-shares', value)),
	cpusetCpus: optional(flags.cpusetCpus, value => value),
	cpusetMemories: optional(flags.cpusetMems, value => value),
	memoryReservation: optional(flags.memoryReservation, value => parseSize('--memory-reservation', value)),
	memorySwap: optional(flags.memorySwap, value => parseLimit('--memory-swap', value)),
	pidsLimit: optional(flags.pidsLimit, value => Math.max(parseWhole('--pids-limit', value, -1), 0) || undefined),
});

/** Opens everything below `/proc` and `/sys`; only a client's word, not the API's. */
const openPaths = 'systempaths=unconfined';

/** The settings of a container from the flags of `run` and `create`. Throws `invalid`. */
export const parseSettings = (flags: Flags, securityOptions: readonly string[]): ContainerSettings => {
	const settings: ContainerSettings = {
		...parseLimits(flags),
		annotations: parsePairs('--annotation', flags.annotation),
		cgroupNamespaceMode: optional(flags.cgroupns, value => value),
		dnsOptions: listOf(flags.dnsOption),
		domainName: optional(flags.domainname, value => value),
		exposedPorts: listOf(parseExposed(flags.expose)),
		groups: listOf(flags.groupAdd),
		idFile: optional(flags.cidfile, value => value),
		ipcMode: optional(flags.ipc, value => value),
		links: listOf(flags.link),
		logging: parseLogging(flags),
		...securityOptions.includes(openPaths) && {maskedPaths: [], readonlyPaths: []},
		oomScoreAdjustment: optional(flags.oomScoreAdj, value => parseWhole('--oom-score-adj', value, -1000)),
		pidMode: optional(flags.pid, value => value),
		runtime: optional(flags.runtime, value => value),
		securityOptions: listOf(securityOptions.filter(option => option !== openPaths)),
		shmSize: optional(flags.shmSize, value => parseSize('--shm-size', value)),
		sysctls: parsePairs('--sysctl', flags.sysctl),
		volumesFrom: listOf(flags.volumesFrom),
	};
	return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
};

/** Replaces the file of `seccomp=FILE` with its text. Throws `invalid` if it cannot be read. */
export const readSecurityOptions = async (options: readonly string[], workingDirectory: string): Promise<readonly string[]> =>
	Promise.all(options.map(async option => {
		const {file} = /^seccomp[:=](?<file>[^\{].*)$/v.exec(option)?.groups ?? {};
		if (file === undefined || file === 'unconfined' || file === 'builtin') {
			return option;
		}

		try {
			return `seccomp=${await readFile(path.resolve(workingDirectory, file), 'utf8')}`;
		} catch (error) {
			throw new HolmError('invalid', `opening seccomp profile (${file}) failed: ${messageOf(error)}`, {remedy: 'check the path', cause: error});
		}
	}));
