import {access, mkdir, readdir, rm} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {findCommand} from '../../../../source/host/programs.js';
import {run} from '../../../../source/host/run.js';

/** An SSH server of OpenSSH's that tests can start. */
export type Sshd = {readonly file: string; readonly options: readonly string[]; readonly environment: Readonly<Record<string, string>>};

/** Where the server is kept when the host has none: installing it would open port 22 to everybody. */
const directory = path.join(process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'holm', 'sshd');

/** The host's own server, or the one that `fetchSshd` has brought. */
export const findSshd = async (): Promise<Sshd | undefined> => {
	const installed = await findCommand('sshd');
	if (installed !== undefined) {
		return {file: installed, options: [], environment: {}};
	}

	try {
		const file = path.join(directory, 'usr/sbin/sshd');
		await access(file);
		const programs = path.join(directory, 'usr/lib/openssh');
		// From 9.8 on the server is in several programs.
		const helpers = [['sshd-session', 'SshdSessionPath'], ['sshd-auth', 'SshdAuthPath']] as const;
		const present = await readdir(programs);
		const architectures = await readdir(path.join(directory, 'usr/lib'));
		return {
			file,
			options: helpers.flatMap(([name, option]) => present.includes(name) ? [`${option} ${path.join(programs, name)}`] : []),
			environment: {LD_LIBRARY_PATH: architectures.map(name => path.join(directory, 'usr/lib', name)).join(':')},
		};
	} catch {
		return undefined;
	}
};

/** Brings Debian's server and the library that only it needs into a directory of the tests, without installing them. */
export const fetchSshd = async (): Promise<void> => {
	await rm(directory, {recursive: true, force: true});
	await mkdir(directory, {recursive: true});
	await run('apt-get', ['download', 'openssh-server', 'libwrap0'], {cwd: directory});
	const names = await readdir(directory);
	for (const name of names.filter(name => name.endsWith('.deb'))) {
		await run('dpkg-deb', ['-x', name, directory], {cwd: directory});
	}
};
