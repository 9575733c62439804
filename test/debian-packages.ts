import {mkdir, readdir, rm} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {run} from '../source/host/run.js';

/** Where programs of tests are kept that would change the host by being installed, as servers do that start by themselves. */
export const cacheOf = (name: string): string => path.join(process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'holm', name);

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
