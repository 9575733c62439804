import {Buffer} from 'node:buffer';
import {
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {HolmError} from '../../engine/errors.js';
import type {RegistryCredentials} from '../../engine/transfer.js';
import {engineEnvironment} from '../environment.js';
import {ownerVariable} from '../machines/owner.js';
import {run} from '../run.js';
import {findCommand} from '../setup/programs.js';
import {orMissing} from '../store/missing.js';
import type {Paths} from '../store/paths.js';
import {
	collect,
	outputLines,
	type OutputLine,
	type InvocationOptions,
} from './output-lines.js';

/** Buildah on the storage of one engine, which is not shared with other engines or tools of the host. */
export type Buildah = {
	readonly driver: 'overlay' | 'vfs';
	/** Directory of containers/storage. */
	readonly storage: string;
	/** Flags for the signature policy, for commands that fetch images. */
	readonly policyArguments: readonly string[];
	/** Resolves with the standard output. */
	readonly run: (arguments_: readonly string[], options?: InvocationOptions) => Promise<string>;
	/** Lines of both streams as they come. Throws as `run` does if buildah fails. */
	readonly lines: (arguments_: readonly string[], options?: InvocationOptions) => AsyncIterable<OutputLine>;
	/** Calls `use` with a temporary directory, which is removed afterwards. */
	readonly inScratch: <Result>(use: (directory: string) => Promise<Result>) => Promise<Result>;
	/** A temporary directory for generators; the caller removes it. */
	readonly scratch: () => Promise<string>;
	readonly removeScratch: (directory: string) => Promise<void>;
};

const storageOf = (paths: Paths) => path.join(paths.images, 'storage');
const runOf = (paths: Paths) => path.join(paths.images, 'run');
const configurationOf = (paths: Paths) => path.join(paths.images, 'configuration');

/** Short names resolve to `docker.io` only. Loopback registries over HTTP are a matter of each call, because a prefix cannot express 127.0.0.0/8. */
const registriesConfiguration = 'unqualified-search-registries = ["docker.io"]\nshort-name-mode = "disabled"\n';

/** Writes buildah's credentials file, with mode 0600. On a command line every user of the host could read them. */
export const writeCredentials = async (directory: string, registry: string, {username, password}: RegistryCredentials): Promise<string> => {
	const file = path.join(directory, 'auth.json');
	const auth = Buffer.from(`${username}:${password}`).toString('base64');
	await writeFile(file, JSON.stringify({auths: {[registry]: {auth}}}), {mode: 0o600});
	return file;
};

const writeConfiguration = async (paths: Paths, driver: string): Promise<void> => {
	const directory = configurationOf(paths);
	await mkdir(path.join(directory, 'registries.conf.d'), {recursive: true, mode: 0o700});
	const graphRoot = JSON.stringify(storageOf(paths));
	const runRoot = JSON.stringify(runOf(paths));
	const files = {
		'storage.conf': `[storage]\ndriver = "${driver}"\ngraphroot = ${graphRoot}\nrunroot = ${runRoot}\n`,
		'containers.conf': '[engine]\n',
		'registries.conf': registriesConfiguration,
		'policy.json': '{"default": [{"type": "insecureAcceptAnything"}]}\n',
		'auth.json': '{}\n',
	};
	await Promise.all(Object.entries(files).map(async ([name, text]) => writeFile(path.join(directory, name), text, {mode: 0o600})));
};

const environmentOf = (paths: Paths): Record<string, string> => {
	const directory = configurationOf(paths);
	return {
		...engineEnvironment(),
		HOME: directory,
		[ownerVariable]: paths.images,
		LC_ALL: 'C.UTF-8',
		TMPDIR: path.join(paths.images, 'scratch'),
		CONTAINERS_CONF: path.join(directory, 'containers.conf'),
		CONTAINERS_STORAGE_CONF: path.join(directory, 'storage.conf'),
		CONTAINERS_REGISTRIES_CONF: path.join(directory, 'registries.conf'),
		REGISTRY_AUTH_FILE: path.join(directory, 'auth.json'),
	};
};

const bind = (paths: Paths, driver: Buildah['driver']): Buildah => {
	const directory = configurationOf(paths);
	const scratchRoot = path.join(paths.images, 'scratch');
	const command = (arguments_: readonly string[], {environment, ...options}: InvocationOptions = {}) => ({
		file: 'buildah',
		arguments: [
			'--root',
			storageOf(paths),
			'--runroot',
			runOf(paths),
			'--storage-driver',
			driver,
			'--registries-conf-dir',
			path.join(directory, 'registries.conf.d'),
			'--short-name-alias-conf',
			path.join(directory, 'short-names.conf'),
			...arguments_,
		],
		options: {...options, environment: {...environmentOf(paths), ...environment}},
	});
	const scratch = async () => mkdtemp(path.join(scratchRoot, 'work-'));
	const removeScratch = async (work: string) => rm(work, {recursive: true, force: true});
	return {
		driver,
		storage: storageOf(paths),
		policyArguments: ['--signature-policy', path.join(directory, 'policy.json')],
		run: async (arguments_, options) => collect(command(arguments_, options)),
		lines: (arguments_, options) => outputLines(command(arguments_, options)),
		scratch,
		removeScratch,
		async inScratch(use) {
			const work = await scratch();
			try {
				return await use(work);
			} finally {
				await removeScratch(work);
			}
		},
	};
};

/** Containers/storage only checks the file system's type. Whether it works as the upper layer of an overlay shows only on mounting. */
const canMountOverlay = async (directory: string): Promise<boolean> => {
	const names = ['lower', 'upper', 'work', 'merged'] as const;
	for (const name of names) {
		await mkdir(path.join(directory, name));
	}

	try {
		// In its own mount namespace, so there is nothing to undo.
		await run('unshare', ['--mount', '--', 'mount', '-t', 'overlay', '-o', 'lowerdir=lower,upperdir=upper,workdir=work', 'overlay', 'merged'], {cwd: directory});
		return true;
	} catch {
		return false;
	}
};

/** Existing storage keeps its driver. New storage uses `overlay` if the file system supports it, else `vfs`. */
const chooseDriver = async (paths: Paths): Promise<Buildah['driver']> => {
	for (const driver of ['overlay', 'vfs'] as const) {
		const begun = await orMissing(stat(path.join(storageOf(paths), `${driver}-images`)));
		if (begun) {
			return driver;
		}
	}

	const vfs = bind(paths, 'vfs');
	if (!await vfs.inScratch(canMountOverlay)) {
		return 'vfs';
	}

	await writeConfiguration(paths, 'overlay');
	try {
		await bind(paths, 'overlay').run(['images', '--quiet']);
		return 'overlay';
	} catch (error) {
		if (error instanceof HolmError && error.code === 'unavailable') {
			throw error;
		}

		await rm(storageOf(paths), {recursive: true, force: true});
		return 'vfs';
	}
};

/**
Whether a storage may have working containers. Containers/storage lists them in JSON files, and buildah keeps a directory for each. True for anything else, such as a list that cannot be parsed.
*/
export const canHaveContainers = async (directory: string): Promise<boolean> => {
	const entries = await orMissing(readdir(directory, {withFileTypes: true})) ?? [];
	for (const entry of entries) {
		const isEmptyList = async () => (await readFile(path.join(directory, entry.name), 'utf8')).trim() === '[]';
		if (entry.isDirectory() || (entry.name.endsWith('.json') && !await isEmptyList())) {
			return true;
		}
	}

	return false;
};

/**
Opens the engine's storage and removes leftovers of a crash: working containers, mounts, temporary files.

Throws `unavailable` if buildah is not installed.
*/
export const openBuildah = async (paths: Paths): Promise<Buildah> => {
	const scratchRoot = path.join(paths.images, 'scratch');
	await mkdir(scratchRoot, {recursive: true, mode: 0o700});
	for (const name of await readdir(scratchRoot)) {
		await rm(path.join(scratchRoot, name), {recursive: true, force: true});
	}

	const driver = await chooseDriver(paths);
	await writeConfiguration(paths, driver);
	const buildah = bind(paths, driver);
	if (await findCommand('buildah') === undefined) {
		throw new HolmError('unavailable', 'buildah is not installed', {remedy: 'holm setup installs what is missing'});
	}

	if (await canHaveContainers(path.join(storageOf(paths), `${driver}-containers`))) {
		await buildah.run(['rm', '--all']);
	}

	return buildah;
};
