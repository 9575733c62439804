import {Buffer} from 'node:buffer';
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {Duplex} from 'node:stream';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {Progress} from '../../engine/resources.js';
import {directoryContext, inputContext, type BuildContext} from '../../archive/build-context.js';
import {
	defineCommand,
	print,
	printError,
	type Context,
} from '../command.js';
import type {FlagValues} from '../../flags/flag-table.js';
import {parseExtraHost} from '../../flags/addresses.js';
import {parseUlimit} from '../../flags/limits.js';
import {parseSize} from '../../flags/sizes.js';
import {parseLabels} from '../../flags/environment.js';
import {splitFirst} from '../../flags/split-arguments.js';
import {contentTrust, refusedFlags} from '../refused-flags.js';
import {buildKitFields} from '../../wire/decode/fields/build.js';
import {printProgress} from '../print/progress.js';
import {credentialsFor, keptCredentials} from '../registry/credentials.js';
import {readInput} from '../../terminal/streams.js';
import {escapeControls, forOutput} from '../../text/escape.js';
import {buildOutputOf} from './build-output.js';

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
	platform: {type: 'string', value: 'OS/ARCHITECTURE', description: 'Platform of the image; steps only run programs of the host\'s own'},
	secret: {
		type: 'string', isMultiple: true, value: 'id=ID[,src=FILE|,env=NAME]', description: 'File or variable for steps that mount it',
	},
	ssh: {
		type: 'string', isMultiple: true, value: 'default|ID=SOCKET|KEY', description: 'SSH agent or keys for steps that mount it; default is that of SSH_AUTH_SOCK',
	},
	output: {
		type: 'string', shortFlag: 'o', isMultiple: true, value: 'DIR|type=tar,dest=FILE', description: 'Write the files of the result instead of an image; - is a tar on standard output',
	},
	push: {type: 'boolean', description: 'Push the names of --tag after the build'},
	load: {type: 'boolean', description: 'Accepted for compatibility; the image always comes to the engine'},
	cacheFrom: {
		type: 'string', isMultiple: true, value: 'IMAGE', description: 'Image of a registry with layers to use as cache',
	},
	rm: {type: 'boolean', default: true, description: 'Accepted for compatibility; containers of a build are always removed'},
	forceRm: {type: 'boolean', description: 'Accepted for compatibility; containers of a build are always removed'},
	addHost: {
		type: 'string', isMultiple: true, value: 'NAME:ADDRESS', description: 'Name in /etc/hosts of the steps',
	},
	network: {type: 'string', value: 'MODE', description: 'Network of the steps: default; host is that of the builder; none'},
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
		throw new HolmError('unsupported', `--network ${JSON.stringify(mode.slice(0, 64))}: steps of a build reach out by the builder, or have no network`, {remedy: 'leave it out, or give none'});
	}

	return mode;
};

/** Reads `id=ID,src=FILE`, `id=ID,env=NAME`, or `id=ID` alone for the variable of that name, as Docker's clients do. */
const readSecret = async (context: Context, value: string): Promise<readonly [string, Uint8Array]> => {
	const fields = new Map(value.split(',').map(part => splitFirst(part, '=')));
	const id = fields.get('id');
	const file = fields.get('src') ?? fields.get('source');
	const unknown = fields.keys().find(name => !['id', 'src', 'source', 'env', 'type'].includes(name));
	if (!id || unknown !== undefined) {
		throw new HolmError('invalid', `--secret ${JSON.stringify(value.slice(0, 100))} ${id ? `has the unknown field ${JSON.stringify(unknown)}` : 'has no id'}`, {remedy: 'give --secret id=ID,src=FILE or --secret id=ID,env=NAME'});
	}

	if (file !== undefined) {
		try {
			return [id, await readFile(path.resolve(context.workingDirectory, file))];
		} catch (error) {
			throw new HolmError('invalid', `cannot read the secret ${id}: ${messageOf(error)}`, {remedy: 'check its src', cause: error});
		}
	}

	const name = fields.get('env') ?? id;
	const text = context.environment[name];
	if (text === undefined) {
		throw new HolmError('invalid', `the secret ${id} has no value: the variable ${name} is not set`, {remedy: 'set it, or name a file with src='});
	}

	return [id, Buffer.from(text)];
};

/** Reads `default`, `ID`, `ID=SOCKET` or `ID=KEY,KEY` into agents by id. */
const agentsOf = async (context: Context, values: readonly string[]): Promise<ReadonlyMap<string, () => Promise<Duplex>>> => {
	const agents = new Map<string, () => Promise<Duplex>>();
	for (const value of values) {
		const [id, paths] = splitFirst(value, '=');
		const agent = context.environment.SSH_AUTH_SOCK;
		const given = paths?.split(',').filter(name => name !== '') ?? [];
		if (id === '' || agents.has(id)) {
			throw new HolmError('invalid', `--ssh ${JSON.stringify(value.slice(0, 100))} ${id === '' ? 'has no id' : 'is there twice'}`, {remedy: 'give each agent an id of its own: --ssh ID=SOCKET'});
		}

		if (given.length === 0 && !agent) {
			throw new HolmError('invalid', `--ssh ${id.slice(0, 100)}: no agent runs, as SSH_AUTH_SOCK is not set`, {remedy: `start one with ssh-agent, or name a key: --ssh ${id.slice(0, 100)}=KEY`});
		}

		const {forwardedAgent} = await import('../../backends/ssh/forwarded-agent.js');
		agents.set(id, await forwardedAgent(given.length === 0 ? [agent!] : given.map(name => path.resolve(context.workingDirectory, name))));
	}

	return agents;
};

/** Throws `invalid` for options that a build without an image, or a push, cannot have. */
const assertTogether = ({output, push, load, tag, iidfile}: FlagValues<typeof flags>): void => {
	const ofImages = [...tag.length > 0 ? ['--tag'] : [], ...push ? ['--push'] : [], ...load ? ['--load'] : [], ...iidfile === undefined ? [] : ['--iidfile']];
	if (output.length > 0 && ofImages.length > 0) {
		const names = ofImages.join(' and ');
		throw new HolmError('invalid', `--output makes files and no image, and ${names} would be without effect`, {remedy: `leave out --output, or ${names}`});
	}

	if (push && tag.length === 0) {
		throw new HolmError('invalid', '--push needs a name to push', {remedy: 'give --tag REGISTRY/NAME'});
	}
};

/** Characters of a quiet build's output that are kept for its failure. */
const keptLength = 256 * 1024;

/** Builds without output; resolves with the image's id. A build that fails prints the end of what its steps have printed. */
const buildQuietly = async (context: Context, steps: AsyncIterable<Progress>): Promise<string | undefined> => {
	let imageId: string | undefined;
	let printed = '';
	try {
		for await (const step of steps) {
			imageId = step.imageId ?? imageId;
			printed += step.text ?? '';
			if (printed.length > 2 * keptLength) {
				printed = printed.slice(-keptLength);
			}
		}
	} catch (error) {
		context.stderr.write(forOutput(context.stderr, printed.slice(-keptLength)));
		throw error;
	}

	return imageId;
};

const build = async (context: Context, given: FlagValues<typeof flags>, source: string): Promise<void> => {
	assertTogether(given);
	const output = await buildOutputOf(context, given.output);
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
		cacheFrom: given.cacheFrom,
		secrets: new Map(await Promise.all(given.secret.map(async value => readSecret(context, value)))),
		agents: await agentsOf(context, given.ssh),
		takeFiles: output?.take,
		credentials: await keptCredentials(context.environment),
	};
	const {tar, file, leftOut} = await contextOf(context, source, given.file);
	const engine = await context.engine();
	let imageId: string | undefined;
	try {
		const steps = engine.buildImage(tar, {...options, file});
		imageId = given.quiet
			? await buildQuietly(context, steps)
			: await printProgress(steps, output?.isOnStandardOutput ? context.stderr : context.stdout);
	} finally {
		const left = leftOut?.();
		if (left !== undefined) {
			printError(context, `WARNING: ${escapeControls(left)}`);
		}
	}

	if (imageId !== undefined && given.iidfile !== undefined) {
		try {
			await writeFile(path.resolve(context.workingDirectory, given.iidfile), imageId);
		} catch (error) {
			throw new HolmError('invalid', `the image is built, but its id ${imageId} cannot be written: ${messageOf(error)}`, {remedy: 'name another file with --iidfile', cause: error});
		}
	}

	if (given.push) {
		for (const tag of given.tag) {
			const credentials = await credentialsFor(tag, context.environment);
			await printProgress(engine.pushImage(tag, {credentials}), context.stdout, {quiet: given.quiet});
		}
	}

	if (imageId !== undefined && given.quiet) {
		print(context, imageId);
	}
};

/** Docker's limits of single steps. */
const limits = refusedFlags(buildKitFields, {
	'cgroup-parent': 'cgroupparent',
	'cpu-period': 'cpuperiod',
	'cpu-quota': 'cpuquota',
	'cpu-shares': 'cpushares',
	'cpuset-cpus': 'cpusetcpus',
	'cpuset-mems': 'cpusetmems',
	isolation: 'isolation',
	memory: 'memory',
	'memory-swap': 'memswap',
	'security-opt': 'securityopt',
	squash: 'squash',
});

export const command = defineCommand({
	usage: 'PATH|-',
	flags,
	refused: {
		...limits,
		'-c': limits['--cpu-shares']!,
		'-m': limits['--memory']!,
		...Object.fromEntries(['--attest', '--provenance', '--sbom'].map(flag => [flag, {reason: 'images get no attestations', remedy: 'leave it out'}])),
		'--allow': {reason: '--network host needs no permission of its own', remedy: 'leave it out'},
		'--builder': {reason: 'an engine has one builder', remedy: 'leave it out; --host names another engine'},
		'--metadata-file': {reason: 'of the metadata there is only the id', remedy: 'write it with --iidfile'},
		'--no-cache-filter': {reason: 'the cache is for all stages or for none', remedy: 'use --no-cache'},
		'--build-context': {reason: 'a build has one context', remedy: 'put the files into it, or use docker buildx with a builder that knows named contexts'},
		'--cache-to': {reason: 'the builder keeps the cache of builds itself', remedy: 'leave it out'},
		'--compress': {reason: 'the context is sent over a local socket', remedy: 'leave it out'},
		'--disable-content-trust': contentTrust,
	},
	async run(context, given, [source = '']) {
		await build(context, given, source);
	},
});
