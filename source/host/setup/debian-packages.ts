import {mkdir, readdir} from 'node:fs/promises';
import path from 'node:path';
import {run} from '../run.js';

/** For package managers: no questions, and words that can be parsed. */
export const packageEnvironment = {DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C'};

/** The packages that an installation of `names` would add to this host. Changes nothing. */
export const missingWith = async (names: readonly string[]): Promise<readonly string[]> => {
	const {stdout} = await run('apt-get', ['--simulate', '--no-install-recommends', 'install', ...names], {environment: packageEnvironment});
	return [...stdout.matchAll(/^Inst (?<name>\S+)/gmv)].map(match => match.groups!.name!);
};

/**
Downloads Debian packages to `scratch` without installing them, and resolves with the directory below it where they are unpacked.

`choose` names the packages. If it or the download fails, the lists of packages are refreshed, and both are tried once more.
*/
export const unpackPackages = async (
	scratch: string,
	choose: () => Promise<readonly string[]>,
	onStep: (step: {readonly step: string; readonly detail: string}) => void = () => undefined,
): Promise<string> => {
	const download = async () => {
		const names = await choose();
		if (names.length > 0) {
			onStep({step: 'download', detail: names.join(' ')});
			await run('apt-get', ['--option', 'APT::Sandbox::User=root', 'download', ...names], {cwd: scratch, environment: packageEnvironment});
		}
	};

	try {
		await download();
	} catch {
		// Outdated lists name versions that the mirrors no longer have.
		onStep({step: 'refresh', detail: 'lists of packages'});
		await run('apt-get', ['update'], {environment: packageEnvironment});
		await download();
	}

	const base = path.join(scratch, 'unpacked');
	await mkdir(base);
	const downloaded = await readdir(scratch);
	for (const file of downloaded.filter(name => name.endsWith('.deb'))) {
		await run('dpkg-deb', ['--extract', path.join(scratch, file), base]);
	}

	return base;
};
