import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {firstExecutable} from './setup/programs.js';
import {run} from './run.js';

/** Where buildah looks for netavark. It does not search PATH. */
const directories = ['/usr/local/libexec/podman', '/usr/local/lib/podman', '/usr/libexec/podman', '/usr/lib/podman'];

export const findNetavark = async (): Promise<string | undefined> => firstExecutable(directories.map(directory => path.join(directory, 'netavark')));

/**
Whether this buildah requires netavark. Newer versions look for it even if a build uses the host's network. The answer depends on the distribution, so buildah itself is run.

False if buildah fails for another reason, which other checks report.
*/
export const isNetavarkNeeded = async (buildah: string): Promise<boolean> => {
	const scratch = await mkdtemp(path.join(tmpdir(), 'holm-netavark-'));
	try {
		const configuration = path.join(scratch, 'containers.conf');
		await writeFile(configuration, '[engine]\n');
		const {exitCode, stderr} = await run(buildah, ['--root', path.join(scratch, 'storage'), '--runroot', path.join(scratch, 'run'), '--storage-driver', 'vfs', 'from', 'scratch'], {
			environment: {CONTAINERS_CONF: configuration}, signal: AbortSignal.timeout(60_000), accept: [0, 1, 125],
		});
		return exitCode !== 0 && stderr.includes('netavark');
	} catch {
		return false;
	} finally {
		await rm(scratch, {recursive: true, force: true});
	}
};
