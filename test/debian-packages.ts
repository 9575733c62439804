import {access, mkdir, readdir, rm} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {findCommand} from '../source/host/setup/programs.js';
import {run} from '../source/host/run.js';

/** Where programs of tests are kept that would change the host by being installed, as servers do that start by themselves. */
export const cacheOf = (name: string): string => path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'holm', name);

/** A program that a test can start. */
export type TestProgram = {
	readonly file: string;
	/** Where its package was unpacked; undefined for one that is installed. */
	readonly unpacked?: string;
	/** With the libraries and programs that came with it. */
	readonly environment: Readonly<Record<string, string>>;
};

/** The host's own program, or the one that `fetchPackages` has brought into the cache of that name, at `file` there. */
export const findProgram = async (cache: string, file: string): Promise<TestProgram | undefined> => {
	const installed = await findCommand(path.basename(file));
	if (installed !== undefined) {
		return {file: installed, environment: {}};
	}

	const unpacked = cacheOf(cache);
	try {
		await access(path.join(unpacked, file));
		const libraries = await readdir(path.join(unpacked, 'usr/lib')).catch(() => []);
		return {
			file: path.join(unpacked, file),
			unpacked,
			environment: {
				LD_LIBRARY_PATH: ['usr/lib', 'lib'].flatMap(directory => libraries.map(name => path.join(unpacked, directory, name))).join(':'),
				PATH: [...['usr/bin', 'usr/sbin'].map(directory => path.join(unpacked, directory)), process.env.PATH].join(':'),
			},
		};
	} catch {
		return undefined;
	}
};

/** Brings Debian packages into the cache of that name, in place of what it had, without installing them. */
export const fetchPackages = async (name: string, packages: readonly string[]): Promise<void> => {
	const directory = cacheOf(name);
	await rm(directory, {recursive: true, force: true});
	await mkdir(directory, {recursive: true});
	await run('apt-get', ['download', ...packages], {cwd: directory});
	const files = await readdir(directory);
	for (const file of files.filter(file => file.endsWith('.deb'))) {
		await run('dpkg-deb', ['-x', file, directory], {cwd: directory});
		await rm(path.join(directory, file));
	}
};
