/**
Installs the programs that the tests need: Holm's own requirements, and a few that only tests use. Without root it installs nothing, and the tests that need them are skipped with the reason.
*/
import process from 'node:process';
import {HolmError} from '../source/engine/errors.js';
import {hostDistribution} from '../source/host/setup/distributions.js';
import {findCommand} from '../source/host/setup/programs.js';
import {run} from '../source/host/run.js';
import {fetchDaemon, findDaemon} from './docker/daemon.js';
import {fetchSshd, findSshd} from './backends/ssh/helpers/sshd.js';
import {fetchDocker, findDocker} from './host/engine/docker/client.js';
import {fetchDockerPy, findDockerPy} from './host/engine/docker/python.js';
import {prepareParts} from './host/engine/parts.js';
import {fetchRoot, findRoot} from './hosts/debian-root.js';
import {recipe} from './hosts/userland.js';

/** Programs that only tests need, with the Debian package of each. */
const testPrograms: Readonly<Record<string, string>> = {
	'docker-registry': 'docker-registry', 'ssh-agent': 'openssh-client', tmux: 'tmux', curl: 'curl', script: 'bsdutils', mmdebstrap: 'mmdebstrap', 'qemu-img': 'qemu-utils',
};

/** Programs that are fetched instead of installed, so the host does not change. */
const fetched = [
	['openssh-server', findSshd, fetchSshd],
	['docker.io', findDocker, fetchDocker],
	['dockerd', findDaemon, fetchDaemon],
	['python3-docker', findDockerPy, fetchDockerPy],
	['Debian 13\'s userland', async () => findRoot(recipe), async () => fetchRoot(recipe)],
] as const;

const say = (line: string) => {
	process.stdout.write(`${line}\n`);
};

const isRoot = process.getuid?.() === 0;
if (process.platform !== 'linux' || !isRoot) {
	say('Tests that boot machines need Linux and root; they are skipped.');
} else {
	try {
		await prepareParts(({step, detail}) => {
			say(`${step}: ${detail}`);
		});
		const distribution = await hostDistribution();
		const programs = Object.entries(testPrograms);
		const found = await Promise.all(programs.map(async ([program, name]) => await findCommand(program) === undefined ? [name] : []));
		const wanted = distribution?.ids.includes('debian') ? found.flat() : [];
		if (wanted.length > 0 && distribution) {
			say(`install for the tests: ${wanted.join(' ')}`);
			const [file, ...arguments_] = distribution.install;
			await run(file, [...arguments_, ...wanted], {environment: {DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C'}});
		}

		for (const [name, find, fetch] of fetched) {
			if (distribution?.ids.includes('debian') && await find() === undefined) {
				say(`fetch for the tests: ${name}`);
				await fetch();
			}
		}
	} catch (error) {
		// The tests report what is missing.
		say(error instanceof HolmError ? `${error.message}${error.remedy ? ` (${error.remedy})` : ''}` : String(error));
	}
}
