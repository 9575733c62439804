/**
Docker's own client and daemon, for tests and benchmarks that compare with them. Debian's are unpacked into a directory of the project and never installed, so that no service starts and nothing changes the host's network.
*/
import {access, constants, mkdir, mkdtemp, readdir, rename, rm} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {withLock} from '../../source/host/lock.js';
import {run} from '../../source/host/run.js';

const cache = fileURLToPath(new URL('../../../.cache/', import.meta.url));
const unpacked = path.join(cache, 'docker');

/** With the container runtime that the daemon starts, and the init that it looks for. */
const packages = ['docker.io', 'containerd', 'runc', 'tini'];

export type DockerProgram = 'docker' | 'dockerd' | 'containerd' | 'runc';

/** Where Debian's packages have their programs. */
const cachedDirectories = ['usr/bin', 'usr/sbin'].map(directory => path.join(unpacked, directory));

/** What a daemon is started with, so that it finds containerd, runc and its proxy, too. */
export const dockerPath = [process.env['PATH'] ?? '', ...cachedDirectories, '/usr/sbin', '/sbin'].join(':');

const findIn = async (directories: readonly string[], name: string): Promise<string | undefined> => {
	for (const directory of directories) {
		const file = path.join(directory, name);
		try {
			await access(file, constants.X_OK);
			return file;
		} catch {}
	}

	return undefined;
};

/** The path of a program of Docker's: the host's before the unpacked one, undefined without either. */
export const findDockerProgram = async (program: DockerProgram): Promise<string | undefined> => findIn(dockerPath.split(':').filter(directory => directory !== ''), program);

/** Debian's client and no other, which is older than most. */
export const findDebianClient = async (): Promise<string | undefined> => findIn(cachedDirectories, 'docker');

/** Downloads and unpacks Docker where `dockerd` is neither installed nor unpacked yet. Needs Debian's package manager with lists of packages. */
export const fetchDocker = async (onStep: (line: string) => void): Promise<void> => {
	if (await findDockerProgram('dockerd') && await findDockerProgram('docker')) {
		return;
	}

	await withLock(path.join(cache, 'docker.lock'), async () => {
		if (await findDebianClient()) {
			return;
		}

		onStep(`download for the tests, without installing: ${packages.join(' ')}`);
		await mkdir(cache, {recursive: true});
		const scratch = await mkdtemp(path.join(cache, 'docker-'));
		try {
			// Another user, which apt would become, may not be let through to the project.
			await run('apt-get', ['--option', 'APT::Sandbox::User=root', 'download', ...packages], {cwd: scratch, environment: {LC_ALL: 'C'}});
			const base = path.join(scratch, 'unpacked');
			await mkdir(base);
			for (const name of await readdir(scratch)) {
				if (name.endsWith('.deb')) {
					await run('dpkg-deb', ['--extract', path.join(scratch, name), base]);
				}
			}

			await rename(base, unpacked);
		} finally {
			await rm(scratch, {recursive: true, force: true});
		}
	});
};
