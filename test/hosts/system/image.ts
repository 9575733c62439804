import {createHash} from 'node:crypto';
import {
	access,
	chmod,
	mkdir,
	mkdtemp,
	readFile,
	readdir,
	rename,
	rm,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {run} from '../../../source/host/run.js';
import {withLock} from '../../../source/host/lock.js';
import {cacheOf} from '../../debian-packages.js';
import {sourcesOf, type Suite} from './mirror.js';
import {installed, offered} from './packages.js';

/** Files of a system, ready to boot; the disk is only to be read, below an overlay. */
export type SystemImage = {
	readonly disk: string;
	readonly kernel: string;
	readonly initrd: string;
	/** Private key for the login as root. */
	readonly key: string;
};

const makingLimitMs = 20 * 60_000;

/** Directory of the packages in the system, which has no network. */
const repository = '/var/lib/packages';

// Runs in the new system, with a group of packages an argument. The file names are plain, for apt quotes them in its own ways.
const collect = `set -eu
mkdir -p ${repository}
cd ${repository}
for group; do
	# The words of a group are packages.
	apt-get install --simulate --no-install-recommends -o Dir::State::status=/dev/null $group |
		sed -n 's/^Inst \\([^ ]*\\) (\\([^ ]*\\) .*/\\1=\\2/p'
done | LC_ALL=C sort -u >/tmp/closure
xargs apt-get -q=2 -o APT::Sandbox::User=root download </tmp/closure
for file in *%3a*; do
	mv "$file" "$(echo "$file" | sed 's/%3a/-/')"
done
xargs apt-cache show </tmp/closure | awk '
	/^Package: / {name = $2}
	/^Version: / {version = $2; gsub(/:/, "-", version)}
	/^Architecture: / {architecture = $2}
	/^Filename: / {print "Filename: ./" name "_" version "_" architecture ".deb"; next}
	1' >Packages
rm /tmp/closure
rm -f /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:${repository} ./' >/etc/apt/sources.list
apt-get clean
rm -rf /var/lib/apt/lists/*
apt-get -q=2 -o APT::Sandbox::User=root update
`;

// A unit reports on a serial port when SSH is ready.
const service = `[Unit]
Description=Tell the host that this system is up
After=multi-user.target ssh.service systemd-user-sessions.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo up >/dev/virtio-ports/up'
[Install]
WantedBy=multi-user.target
`;

const configure = (publicKey: string) => `set -eu
echo host >/etc/hostname
printf '127.0.0.1 localhost\\n127.0.1.1 host\\n::1 localhost\\n' >/etc/hosts
printf '/dev/vda / ext4 errors=remount-ro 0 1\\nLABEL=checkout /opt/holm ext4 defaults 0 2\\n' >/etc/fstab
mkdir -p /opt/holm /root/.ssh
chmod 700 /root/.ssh
echo '${publicKey}' >/root/.ssh/authorized_keys
printf 'auto lo\\niface lo inet loopback\\nauto eth0\\niface eth0 inet static\\n  address 10.0.2.15/24\\n  gateway 10.0.2.2\\n' >/etc/network/interfaces
: >/etc/resolv.conf
cat >/etc/systemd/system/up.service <<'UNIT'
${service}UNIT
systemctl enable up.service
useradd --create-home --shell /bin/bash ada
install -d -m 700 -o ada -g ada /home/ada/.ssh
install -m 600 -o ada -g ada /root/.ssh/authorized_keys /home/ada/.ssh/authorized_keys
# Kernel and initramfs are loaded from outside, and to make one again takes minutes.
sed -i s/=yes/=no/ /etc/initramfs-tools/update-initramfs.conf
# Jobs of a stock system that would take the one processor of an emulated machine at any time.
systemctl disable apt-daily.timer apt-daily-upgrade.timer man-db.timer e2scrub_all.timer fstrim.timer dpkg-db-backup.timer || :
`;

const make = async (suite: Suite, sources: readonly string[], directory: string, log: string): Promise<void> => {
	const key = path.join(directory, 'key');
	await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'tests', '-f', key]);
	const publicKey = await readFile(`${key}.pub`, 'utf8');
	const hook = path.join(directory, 'hook');
	const groups = offered(suite).map(group => `'${group.join(' ')}'`).join(' ');
	await writeFile(hook, `#!/bin/sh
set -eu
chroot "$1" sh -s -- ${groups} <<'COLLECT'
${collect}
COLLECT
chroot "$1" sh -s <<'CONFIGURE'
${configure(publicKey.trim())}
CONFIGURE
`);
	await chmod(hook, 0o700);
	const root = path.join(directory, 'root');
	const signal = AbortSignal.timeout(makingLimitMs);
	await run('mmdebstrap', [
		'--mode=root', '--variant=important', '--components=main', '--skip=cleanup/apt,cleanup/tmp', '--dpkgopt=force-unsafe-io', `--logfile=${log}`,
		`--include=${installed.join(',')}`, `--customize-hook=${hook}`, suite, root, ...sources,
	], {signal, environment: {LC_ALL: 'C'}, remedy: `${log} says why`});
	const kernel = (await readdir(path.join(root, 'boot'))).find(name => name.startsWith('vmlinuz-'));
	const version = kernel!.replace('vmlinuz-', '');
	await run('cp', [path.join(root, 'boot', kernel!), path.join(directory, 'vmlinuz')]);
	await run('cp', [path.join(root, 'boot', `initrd.img-${version}`), path.join(directory, 'initrd')]);
	await run('mke2fs', ['-q', '-t', 'ext4', '-E', 'lazy_itable_init=1,lazy_journal_init=1,nodiscard', '-d', root, path.join(directory, 'disk'), '24G'], {signal});
	await rm(root, {recursive: true});
	await rm(hook);
};

/** The image of a system, made if there is none with these packages. `onStep` is called for slow steps. */
export const systemImage = async (suite: Suite, onStep: (step: string) => void): Promise<SystemImage> => {
	const sources = await sourcesOf(suite);
	const inputs = [sources, installed, offered(suite), collect, configure('')];
	const name = `${suite}-${createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 16)}`;
	const cache = cacheOf('systems');
	const directory = path.join(cache, name);
	await mkdir(cache, {recursive: true, mode: 0o700});
	await withLock(path.join(cache, `${suite}.lock`), async () => {
		try {
			await access(directory);
			return;
		} catch {}

		onStep(`making ${suite} out of its packages`);
		const earlier = (await readdir(cache)).filter(entry => entry.startsWith(`${suite}-`));
		await Promise.all(earlier.map(async entry => rm(path.join(cache, entry), {recursive: true, force: true})));
		const making = await mkdtemp(path.join(cache, `${suite}-making-`));
		try {
			await make(suite, sources, making, path.join(cache, `${suite}.log`));
			await rename(making, directory);
		} catch (error) {
			await rm(making, {recursive: true, force: true});
			throw error;
		}
	});
	return {
		disk: path.join(directory, 'disk'), kernel: path.join(directory, 'vmlinuz'), initrd: path.join(directory, 'initrd'), key: path.join(directory, 'key'),
	};
};
