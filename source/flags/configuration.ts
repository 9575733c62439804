import path from 'node:path';
import {HolmError} from '../engine/errors.js';
import type {ContainerConfiguration} from '../engine/resources.js';
import type {FlagValues} from './flag-table.js';
import {parseAnyAddress, parseExtraHost} from './addresses.js';
import type {containerFlags} from './container-flags.js';
import {mergeVariables, parseLabels, readLines} from './environment.js';
import {parseHealthcheck} from './health.js';
import {parseRestartPolicy, parseSignal, parseUlimit} from './limits.js';
import {parseMounts} from './mounts.js';
import {parseName} from './names.js';
import {parseNetworks} from './networks.js';
import {parsePorts} from './ports.js';
import {parseSettings, readSecurityOptions} from './settings.js';
import {parseCpus, parseSize, parseWhole} from './sizes.js';

export type ContainerFlags = FlagValues<typeof containerFlags>;

/** The caller's environment and working directory, and the lines of the files that the flags name. */
export type FlagContext = {
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly workingDirectory: string;
	/** Lines of every `--env-file`. */
	readonly variables: readonly string[];
	/** Lines of every `--label-file`. */
	readonly labels: readonly string[];
	/** Every `--security-opt`, with the text of profiles; default as given. */
	readonly securityOptions?: readonly string[];
};

const capability = (name: string) => name.toUpperCase().replace(/^CAP_/v, '');

const parseHostname = (name: string): string => {
	// Labels of RFC 1123, separated by dots.
	if (name.length > 63 || !/^[\dA-Za-z](?:[\w\-]*[\dA-Za-z])?(?:\.[\dA-Za-z](?:[\w\-]*[\dA-Za-z])?)*$/v.test(name)) {
		throw new HolmError('invalid', `invalid host name "${name}"`, {remedy: 'it is up to 63 letters, digits and hyphens'});
	}

	return name;
};

const optional = <Given, Result>(value: Given | undefined, parse: (value: Given) => Result): Result | undefined =>
	value === undefined ? undefined : parse(value);

/** Builds a configuration from the flags and arguments of `run` and `create`. Throws `invalid`. */
export const configurationOf = (flags: ContainerFlags, [image = '', ...command]: readonly string[], context: FlagContext): ContainerConfiguration => {
	const restartPolicy = parseRestartPolicy(flags.restart);
	if (flags.rm && restartPolicy.name !== 'no') {
		throw new HolmError('invalid', 'conflicting flags --rm and --restart', {remedy: 'a container that is removed when it ends is not restarted; drop one of them'});
	}

	return {
		image,
		name: optional(flags.name, name => parseName('container', name)),
		command,
		entrypoint: optional(flags.entrypoint, entrypoint => entrypoint === '' ? [] : [entrypoint]),
		environment: mergeVariables([...context.variables, ...flags.env], context.environment),
		workingDirectory: optional(flags.workdir, directory => {
			if (!directory.startsWith('/')) {
				throw new HolmError('invalid', `invalid value "${directory}" for --workdir`, {remedy: 'it is an absolute path'});
			}

			return directory;
		}),
		user: flags.user,
		hostname: optional(flags.hostname, name => parseHostname(name)),
		terminal: flags.tty,
		openStdin: flags.interactive,
		autoRemove: flags.rm,
		labels: {...parseLabels(context.labels, '--label-file'), ...parseLabels(flags.label)},
		networks: parseNetworks(flags),
		ports: parsePorts(flags.publish),
		publishAll: flags.publishAll,
		mounts: parseMounts(flags, context.workingDirectory),
		extraHosts: flags.addHost.map(value => parseExtraHost(value)),
		dnsServers: flags.dns.map(value => parseAnyAddress('--dns', value)),
		dnsSearch: flags.dnsSearch,
		cpus: optional(flags.cpus, value => parseCpus(value)),
		memory: optional(flags.memory, value => parseSize('--memory', value)),
		readOnlyRoot: flags.readOnly,
		capabilitiesToAdd: flags.capAdd.map(name => capability(name)),
		capabilitiesToDrop: flags.capDrop.map(name => capability(name)),
		privileged: flags.privileged,
		ulimits: flags.ulimit.map(value => parseUlimit(value)),
		init: flags.init,
		stopSignal: optional(flags.stopSignal, value => parseSignal('--stop-signal', value)),
		stopTimeoutSeconds: optional(flags.stopTimeout, value => parseWhole('--stop-timeout', value)),
		restartPolicy,
		healthcheck: parseHealthcheck(flags),
		...parseSettings(flags, context.securityOptions ?? flags.securityOpt),
		platform: flags.platform,
		kernel: optional(flags.kernel, file => path.resolve(context.workingDirectory, file)),
	};
};

/** Builds a configuration, and reads the files that the flags name. Throws `invalid`. */
export const readConfiguration = async (
	flags: ContainerFlags,
	input: readonly string[],
	{environment, workingDirectory}: Pick<FlagContext, 'environment' | 'workingDirectory'>,
): Promise<ContainerConfiguration> => {
	const linesOf = async (flag: string, files: readonly string[]) => {
		const lines = await Promise.all(files.map(async file => readLines(flag, file, workingDirectory)));
		return lines.flat();
	};

	return configurationOf(flags, input, {
		environment,
		workingDirectory,
		variables: await linesOf('--env-file', flags.envFile),
		labels: await linesOf('--label-file', flags.labelFile),
		securityOptions: await readSecurityOptions(flags.securityOpt, workingDirectory),
	});
};
