import {copyFile, mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {run} from '../source/host/run.js';
import {findCommand} from '../source/host/setup/programs.js';
import {findPlugin} from '../test/hosts/userland.js';
import {Missing, type Site} from './measurement.js';

/** Time for one build. */
const limitMs = 300_000;

/** A build of Docker's client with BuildKit. Its result gets the name `bench-built`. */
export type Build = (context: string) => Promise<void>;

export type Builds = {
	/** Builds on the engine at an address; undefined is the client's own. The result is removed after the measurement. */
	readonly on: (address: string | undefined) => Build;
};

/** A client with BuildKit: one with the plugin buildx, which may be the one that `npm test` fetches, or one before version 23. Throws `Missing` if there is none. */
export const openBuilds = async (site: Site): Promise<Builds> => {
	if (!await findCommand('docker')) {
		throw new Missing('docker is not installed');
	}

	const configuration = path.join(await site.directory(), 'docker');
	const plugins = path.join(configuration, 'cli-plugins');
	await mkdir(plugins, {recursive: true});
	const plugin = await findPlugin('docker-buildx');
	if (plugin !== undefined) {
		await copyFile(plugin, path.join(plugins, 'docker-buildx'));
	}

	const environment = {DOCKER_CONFIG: configuration, DOCKER_BUILDKIT: '1', BUILDKIT_PROGRESS: 'plain'};
	const {stdout} = await run('docker', ['--version']);
	const [major] = /\d+/v.exec(stdout) ?? [];
	if (Number(major) >= 23) {
		await run('docker', ['buildx', 'version'], {environment}).catch(() => {
			throw new Missing('the docker client has no buildx: npm test fetches it');
		});
	}

	const tag = 'bench-built';
	return {
		on(address) {
			const host = address === undefined ? [] : ['--host', address];
			site.stack.defer(async () => {
				await run('docker', [...host, 'rmi', '--force', tag], {environment});
			});
			return async context => {
				await run('docker', [...host, 'build', '--tag', tag, context], {environment, signal: AbortSignal.timeout(limitMs)});
			};
		},
	};
};

/** Writes a build context. */
export const writeContext = async (site: Site, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> => {
	const directory = await site.directory();
	for (const [name, content] of Object.entries(files)) {
		await writeFile(path.join(directory, name), content);
	}

	return directory;
};
