import {
	chmod,
	mkdir,
	readFile,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';

/** Programs that an engine starts. */
const programs = [
	'buildah', 'busybox', 'cat', 'chmod', 'cp', 'crun', 'debugfs', 'du', 'flock', 'ip', 'iptables', 'ldd', 'mke2fs', 'mount', 'nft', 'nsenter', 'qemu-system-x86_64', 'rm', 'setpriv', 'stat', 'umount', 'unshare', 'xargs', 'xz',
];

/** A directory of programs with the names of the host's; each records that it ran, and fails. */
export const setTraps = async (parent: string) => {
	const directory = path.join(parent, 'traps');
	const notes = path.join(parent, 'sprung');
	await mkdir(directory);
	await writeFile(notes, '');
	for (const name of programs) {
		const file = path.join(directory, name);
		await writeFile(file, `#!/bin/sh\necho ${name} >>'${notes}'\nexit 1\n`);
		await chmod(file, 0o755);
	}

	return {
		directory,
		/** Names of the programs that ran. */
		async sprung(): Promise<readonly string[]> {
			const text = await readFile(notes, 'utf8');
			return text.split('\n').filter(Boolean);
		},
	};
};
