import {access, readdir} from 'node:fs/promises';
import path from 'node:path';
import {findCommand} from '../../../../source/host/programs.js';
import {cacheOf, fetchPackages} from '../../../debian-packages.js';

/** An SSH server of OpenSSH's that tests can start. */
export type Sshd = {readonly file: string; readonly options: readonly string[]; readonly environment: Readonly<Record<string, string>>};

/** Where the server is kept when the host has none: installing it would open port 22 to everybody. */
const directory = cacheOf('sshd');

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

/** Brings Debian's server and the library that only it needs. */
export const fetchSshd = async (): Promise<void> => fetchPackages('sshd', ['openssh-server', 'libwrap0']);
