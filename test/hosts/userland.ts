import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {
	chmod,
	mkdir,
	mkdtemp,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {architectureOf, distributionOf} from '../../source/host/setup/distributions.js';
import {run} from '../../source/host/run.js';
import {
	findRoot,
	removeTrees,
	rootObstacle,
	type Recipe,
} from './debian-root.js';
import type {Host, HostKind} from './host.js';

const debian13 = distributionOf({id: 'debian', like: [], version: 13});

/** Clients of Docker's that Debian 12 lacks. They run there, too: `findPlugin` names them. */
const plugins = ['docker-compose', 'docker-buildx'] as const;

/** What the builder is made of: the host has no network to get it. */
const forBuilds = ['docker.io', 'git'] as const;

/** Debian 13 with what `holm setup` installs there, and with those clients and programs. */
export const recipe: Recipe = {
	name: 'debian-13-userland',
	suite: 'trixie',
	packages: [...new Set([...Object.values(debian13?.packages ?? {}), ...plugins, ...forBuilds])].toSorted(),
	kernel: debian13?.kernel,
};

/** The program of Docker's client plugin; undefined if the system is not there. */
export const findPlugin = async (name: typeof plugins[number]): Promise<string | undefined> => {
	const root = await findRoot(recipe);
	return root === undefined ? undefined : path.join(root, 'usr/libexec/docker/cli-plugins', name);
};

const checkout = fileURLToPath(new URL('../../..', import.meta.url));

/** What Holm's package has, and its tests. */
const parts = ['dist', 'node_modules', 'package.json', 'source/host/machines/guest'];

/**
The first process of the host: it mounts the host's file system, enters it, prints its process id, and exits when standard input ends, which kills all processes of the host.

The system itself is read-only: changes go to memory, and the engine's data to the directory `$3`. `/` is a shared mount, as with systemd.
*/
const script = `
set -e
read -r number rest </proc/self/stat
lower=$1 scratch=$2 data=$3 node=$4 checkout=$5
shift 5
mount -t tmpfs -o mode=755 host "$scratch"
cd "$scratch"
mkdir lower upper work root
mount --bind "$lower" lower
mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work host root
mount -t proc proc root/proc
mount -t sysfs sysfs root/sys
mount --rbind /sys/fs/cgroup root/sys/fs/cgroup
mount --rbind /dev root/dev
mount -t tmpfs -o mode=755 run root/run
mkdir root/var/lib/holm
mount --bind "$data/holm" root/var/lib/holm
mount --bind "$data/tmp" root/tmp
# Without a network, apt would only try for long.
rm -rf root/etc/apt/sources.list root/etc/apt/sources.list.d
touch root/usr/local/bin/node
mount --bind "$node" root/usr/local/bin/node
for part; do
	if [ -d "$checkout/$part" ]; then
		mkdir -p "root/opt/holm/$part"
	else
		touch "root/opt/holm/$part"
	fi
	mount --bind "$checkout/$part" "root/opt/holm/$part"
	mount -o remount,bind,ro "root/opt/holm/$part"
done
mount -t tmpfs cache root/opt/holm/node_modules/.cache
mount --make-rshared root
ip link set dev lo up
cd root
exec chroot . /bin/sh -c 'echo "$0"; cat >/dev/null' "$number"
`;

const environment = {
	PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
	HOME: '/root',
	LC_ALL: 'C.UTF-8',
	// Other tests run at the same time.
	HOLM_BOOT_TIMEOUT: '300',
};

const startFirst = async (arguments_: readonly string[]) => {
	const namespaces = ['--mount', '--propagation', 'private', '--pid', '--net', '--ipc', '--uts', '--fork', '--kill-child'];
	const child = spawn('unshare', [...namespaces, 'sh', '-c', script, 'sh', ...arguments_], {cwd: '/', stdio: ['pipe', 'pipe', 'pipe']});
	const complaints: string[] = [];
	createInterface(child.stderr).on('line', line => {
		complaints.push(line);
	});
	const ended = once(child, 'close');
	const line = once(createInterface(child.stdout), 'line');
	const number = await Promise.race([line.then(([text]) => Number(text)), ended.then(() => undefined)]);
	if (!number) {
		throw new Error(`the host could not be made: ${complaints.join('; ')}`);
	}

	return {
		number,
		async end() {
			child.stdin.end();
			await ended;
		},
	};
};

const open: HostKind['open'] = async () => {
	const root = await findRoot(recipe);
	// Short, because of the paths of sockets.
	const directory = await mkdtemp('/tmp/hh-');
	const data = path.join(directory, 'data');
	const scratch = path.join(directory, 'scratch');
	const close = async () => removeTrees([directory]);
	try {
		await chmod(directory, 0o755);
		// Ava's cache is in memory too.
		const cache = path.join(checkout, 'node_modules/.cache');
		await Promise.all([cache, scratch, path.join(data, 'holm'), path.join(data, 'tmp')].map(async made => mkdir(made, {recursive: true})));
		await chmod(path.join(data, 'tmp'), 0o1777);
		const first = await startFirst([root!, scratch, data, process.execPath, checkout, ...parts]);
		const enter = ['--target', String(first.number), '--mount', '--pid', '--net', '--ipc', '--uts', '--root', '--wd', '--', 'env', '-i'];
		return {
			holm: ['node', '/opt/holm/dist/cli.js'],
			async run(argv, {input, environment: given, limitMs = 120_000, onLine} = {}) {
				const variables = Object.entries({...environment, ...given}).map(([name, value]) => `${name}=${value}`);
				const signal = AbortSignal.timeout(limitMs);
				try {
					return await run('nsenter', [...enter, ...variables, ...argv], {
						input, onLine, accept: Array.from({length: 256}, (_, status) => status), signal,
					});
				} catch (error) {
					throw signal.aborted ? new Error(`${argv.join(' ')}: not done within ${limitMs / 1000} s`, {cause: error}) : error;
				}
			},
			async close() {
				await first.end();
				await close();
			},
		} satisfies Host;
	} catch (error) {
		await close();
		throw error;
	}
};

/** Debian 13's programs on this kernel, with an isolated network. */
export const debian13Userland: HostKind = {
	name: recipe.name,
	describe: 'Debian 13\'s programs in a directory, on this host\'s kernel',
	async obstacle() {
		if (process.platform !== 'linux' || process.getuid?.() !== 0) {
			return 'needs Linux and root';
		}

		return architectureOf() === undefined ? `no machines on ${process.arch}` : rootObstacle(recipe);
	},
	open,
};
