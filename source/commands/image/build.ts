import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {HolmError} from '../../engine/errors.js';
import {directoryContext, inputContext, type BuildContext} from '../../archive/build-context.js';
import {defineCommand, print, type Context} from '../command.js';
import type {FlagValues} from '../../flags/flag-table.js';
import {parseExtraHost} from '../../flags/addresses.js';
import {parseUlimit} from '../../flags/limits.js';
import {parseSize} from '../../flags/sizes.js';
import {parseLabels} from '../../flags/environment.js';
import {contentTrust, refusedFlags} from '../refused-flags.js';
import {buildFields} from '../../wire/decode/fields/build.js';
import {printProgress} from '../print/progress.js';
import {keptCredentials} from '../registry/credentials.js';
import {readInput} from '../../terminal/streams.js';

const flags = {
	tag: {
		type: 'string', shortFlag: 't', isMultiple: true, value: 'NAME[:TAG]', description: 'Name of the image',
	},
	file: {
		type: 'string', shortFlag: 'f', value: 'FILE', description: 'Dockerfile; - for standard input',
	},
	buildArg: {
		type: 'string', isMultiple: true, value: 'KEY[=VALUE]', description: 'Build argument; KEY alone takes the value from the environment',
	},
	target: {type: 'string', value: 'STAGE', description: 'Stage to build'},
	noCache: {type: 'boolean', description: 'Do not use cached layers'},
	pull: {type: 'boolean', description: 'Pull newer base images'},
	label: {
		type: 'string', isMultiple: true, value: 'KEY[=VALUE]', description: 'Label of the image',
	},
	quiet: {type: 'boolean', shortFlag: 'q', description: 'Print only the id'},
	progress: {
		type: 'string', default: 'auto', value: 'STYLE', description: 'Accepted for compatibility; the output is always plain',
	},
	platform: {type: 'string', value: 'OS/ARCHITECTURE', description: 'Platform of the image; only the host\'s own'},
	rm: {type: 'boolean', default: true, description: 'Accepted for compatibility; containers of a build are always removed'},
	forceRm: {type: 'boolean', description: 'Accepted for compatibility; containers of a build are always removed'},
	addHost: {
		type: 'string', isMultiple: true, value: 'NAME:ADDRESS', description: 'Name in /etc/hosts of the steps; host-gateway is the host',
	},
	network: {type: 'string', value: 'MODE', description: 'Network of the steps: default and host are that of the host; none'},
	shmSize: {type: 'string', value: 'BYTES', description: 'Size of /dev/shm in the steps, such as 128m'},
	ulimit: {
		type: 'string', isMultiple: true, value: 'NAME=SOFT[:HARD]', description: 'Limit of the steps\' processes',
	},
	iidfile: {type: 'string', value: 'FILE', description: 'Write the id to a file'},
} as const;

const contextOf = async (context: Context, source: string, file: string | undefined): Promise<BuildContext> => {
	if (source === '-') {
		if (file === '-') {
			throw new HolmError('invalid', 'the context and the Dockerfile cannot both come from standard input', {remedy: 'name one of them'});
		}

		return inputContext(context.stdin, file);
	}

	if (/^(?:https?:\/\/|git@|git:\/\/)/v.test(source)) {
		throw new HolmError('unsupported', `the build context ${source} is not on this host`, {remedy: 'fetch it first and name its directory'});
	}

	return directoryContext({
		directory: source,
		file,
		workingDirectory: context.workingDirectory,
		...(file === '-' && {text: await readInput(context)}),
	});
};

/** Parses build arguments into a record; one without a value, neither given nor in the environment, is left out. */
export const buildArgumentsOf = (values: readonly string[], environment: Context['environment']): Readonly<Record<string, string>> =>
	parseLabels(values.flatMap(value => {
		const own = environment[value];
		return value.includes('=') ? [value] : (own === undefined ? [] : [`${value}=${own}`]);
	}), '--build-arg');

const networkOf = (mode: string | undefined): 'host' | 'none' | undefined => {
	if (mode === undefined || mode === 'default') {
		return undefined;
	}

	if (mode !== 'host' && mode !== 'none') {
		throw new HolmError('unsupported', `--network ${JSON.stringify(mode.slice(0, 64))}: steps of a build use the host's network or none`, {remedy: 'leave it out, or give none'});
	}

	return mode;
};

const build = async (context: Context, given: FlagValues<typeof flags>, source: string): Promise<void> => {
	const options = {
		tags: given.tag,
		buildArguments: buildArgumentsOf(given.buildArg, context.environment),
		target: given.target,
		platform: given.platform,
		noCache: given.noCache,
		pull: given.pull,
		labels: parseLabels(given.label),
		extraHosts: given.addHost.map(value => parseExtraHost(value)),
		network: networkOf(given.network),
		shmBytes: given.shmSize === undefined ? undefined : parseSize('--shm-size', given.shmSize),
		ulimits: given.ulimit.map(value => parseUlimit(value)),
		credentials: await keptCredentials(context.environment),
	};
	const {tar, file} = await contextOf(context, source, given.file);
	const engine = await context.engine();
	const imageId = await printProgress(engine.buildImage(tar, {...options, file}), context.stdout, {quiet: given.quiet});
	if (imageId !== undefined && given.iidfile !== undefined) {
		await writeFile(path.resolve(context.workingDirectory, given.iidfile), imageId);
	}

	if (imageId !== undefined && given.quiet) {
		print(context, imageId);
	}
};

export const command = defineCommand({
	usage: 'PATH|-',
	flags,
	refused: {
		...refusedFlags(buildFields, {
			'cache-from': 'cachefrom',
			'cgroup-parent': 'cgroupparent',
			'cpu-period': 'cpuperiod',
			'cpu-quota': 'cpuquota',
			'cpu-shares': 'cpushares',
			'cpuset-cpus': 'cpusetcpus',
			'cpuset-mems': 'cpusetmems',
			isolation: 'isolation',
			memory: 'memory',
			'memory-swap': 'memswap',
			output: 'outputs',
			'security-opt': 'securityopt',
			squash: 'squash',
		}),
		'--compress': {reason: 'the context is sent over a local socket', remedy: 'leave it out'},
		'--disable-content-trust': contentTrust,
	},
	async run(context, given, [source = '']) {
		await build(context, given, source);
	},
});
