import {distributionOf, programs} from '../../../source/host/setup/distributions.js';
import type {Suite} from './mirror.js';

/** What a system has from the start, beside Debian's important packages: a server's kernel, its services and a way in. */
export const installed = [
	'systemd-sysv', 'udev', 'dbus', 'libpam-systemd', 'linux-image-amd64', 'initramfs-tools', 'zstd', 'apparmor', 'openssh-server', 'sudo', 'ca-certificates', 'curl', 'bsdutils',
] as const;

const versions: Readonly<Record<Suite, number>> = {bookworm: 12, trixie: 13};

/** Groups of packages that a user of the system may install, each with all that it depends on. */
export const offered = (suite: Suite): ReadonlyArray<readonly string[]> => {
	const debian = distributionOf({id: 'debian', like: [], version: versions[suite]});
	return [
		[...new Set(programs.map(program => debian!.packages[program]))],
		[debian!.kernel!],
		// A buildah that is newer than Debian 12's does not work without it.
		[debian!.packages.netavark],
		// For the tutorial's images.
		['redis-server', 'busybox-static'],
		['python3', 'python3-flask', 'python3-redis', 'python3-pip', 'ca-certificates', 'busybox-static'],
		['nginx', 'busybox-static'],
		['bash', 'curl', 'ca-certificates', 'busybox-static'],
		['ufw'],
		suite === 'bookworm' ? ['docker.io'] : ['docker.io', 'docker-cli'],
		// For the builder.
		['docker.io', 'git'],
	];
};
