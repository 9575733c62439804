import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {fetchPackages, findProgram} from '../../../debian-packages.js';

/** An SSH server of OpenSSH's that tests can start. */
export type Sshd = {readonly file: string; readonly options: readonly string[]; readonly environment: Readonly<Record<string, string>>};

/** The host's own server, or the one that `fetchSshd` has brought. */
export const findSshd = async (): Promise<Sshd | undefined> => {
	const program = await findProgram('sshd', 'usr/sbin/sshd');
	if (!program?.unpacked) {
		return program && {...program, options: []};
	}

	const programs = path.join(program.unpacked, 'usr/lib/openssh');
	// From 9.8 on the server is in several programs.
	const helpers = [['sshd-session', 'SshdSessionPath'], ['sshd-auth', 'SshdAuthPath']] as const;
	const present = await readdir(programs);
	return {...program, options: helpers.flatMap(([name, option]) => present.includes(name) ? [`${option} ${path.join(programs, name)}`] : [])};
};

/** Brings Debian's server, which opens port 22 to everybody where it is installed, and the library that only it needs. */
export const fetchSshd = async (): Promise<void> => fetchPackages('sshd', ['openssh-server', 'libwrap0']);
