import process from 'node:process';
import {findCommand} from '../../../source/host/setup/programs.js';
import {rootObstacle} from '../debian-root.js';
import type {HostKind} from '../host.js';
import {recipe} from '../userland.js';
import {bootSystem} from './machine.js';
import type {Suite} from './mirror.js';

const needed = ['mmdebstrap', 'setpriv', 'qemu-img', 'mke2fs', 'ssh', 'ssh-keygen', 'npm', 'git'];

const obstacle = async (): Promise<string | undefined> => {
	if (process.platform !== 'linux' || process.arch !== 'x64' || process.getuid?.() !== 0) {
		return 'needs root on Linux with an x86-64 processor';
	}

	const found = await Promise.all(needed.map(async name => ({name, file: await findCommand(name)})));
	const missing = found.filter(({file}) => file === undefined).map(({name}) => name);
	return missing.length > 0 ? `needs ${missing.join(', ')}` : rootObstacle(recipe);
};

const kindOf = (name: string, suite: Suite, parameters: readonly string[] = []): HostKind => ({
	name,
	describe: ['boot', suite, ...parameters, 'on a machine with systemd, udev and nested virtualisation'].join(' '),
	obstacle,
	open: async say => bootSystem({suite, parameters, onStep: say}),
});

/** Whole Debian systems, each in a machine. */
export const systems: readonly HostKind[] = [kindOf('debian-12', 'bookworm'), kindOf('debian-13', 'trixie'), kindOf('debian-12-without-ipv6', 'bookworm', ['ipv6.disable=1'])];
