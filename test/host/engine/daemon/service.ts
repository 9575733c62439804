import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmod, chown, mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {messageOf} from '../../../../source/engine/errors.js';
import {run} from '../../../../source/host/run.js';
import {assertOnlyRootWrites} from '../../../../source/host/service/trust.js';
import {pathsOf} from '../../../../source/host/store/paths.js';
import type {Result} from '../running.js';
import {obstacle, type World} from '../world.js';

const project = fileURLToPath(new URL('../../../../../', import.meta.url));

const users = {ada: '4001', eve: '4002'} as const;

/** A host with its own network, users, systemd and /var/lib/holm; its other files are this host's. It ends with its standard input. */
const hostScript = `set -eu
mount -t tmpfs holm /run
mkdir -p /run/systemd/system /run/etc/upper /run/etc/work
mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work holm /etc
mkdir -p /etc/systemd/system
rm -f /etc/systemd/system/holm.*
for user in ada:${users.ada} eve:${users.eve}; do
	echo "\${user%:*}:x:\${user#*:}:\${user#*:}::/:/bin/sh" >>/etc/passwd
	echo "\${user%:*}:x:\${user#*:}:" >>/etc/group
done
mount -t tmpfs -o mode=755 holm /var/lib
mkdir -m 711 /var/lib/holm
cp -a "$1/guest" "$1/key" "$1/accelerator.json" /var/lib/holm
mount -t tmpfs -o mode=755 holm /usr/local/sbin
cp "$2" /usr/local/sbin/systemctl
printf '#!/bin/sh\\nexit 1\\n' >/usr/local/sbin/systemd-run
chmod 755 /usr/local/sbin/systemctl /usr/local/sbin/systemd-run
ip link set lo up
echo ready
cat
`;

const findReason = async (): Promise<string | undefined> => {
	if (obstacle !== undefined) {
		return obstacle;
	}

	try {
		await assertOnlyRootWrites([process.execPath, project]);
		await run('setpriv', [`--reuid=${users.eve}`, `--regid=${users.eve}`, '--clear-groups', process.execPath, '-e', `fs.accessSync(${JSON.stringify(`${project}dist/cli.js`)}, fs.constants.R_OK)`]);
		return undefined;
	} catch (error) {
		return messageOf(error);
	}
};

const reason = await findReason();

type Host = {
	/** Runs a command on that host as a user, with the user's groups at login. */
	readonly as: (user: keyof typeof users | 'root', ...words: readonly string[]) => Promise<Result>;
	/** Runs a `holm` command. */
	readonly holm: (user: keyof typeof users | 'root', ...arguments_: readonly string[]) => Promise<Result>;
	readonly close: () => Promise<void>;
};

const openHost = async (world: World): Promise<Host> => {
	const child = spawn('unshare', [
		'--mount', '--net', '--propagation', 'private', 'sh', '-c', hostScript, 'sh', world.root, `${project}test/host/engine/daemon/systemd.sh`,
	], {stdio: ['pipe', 'pipe', 'inherit']});
	const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), once(child, 'exit')]) as readonly unknown[];
	if (line !== 'ready') {
		throw new Error('the host was not made');
	}

	const as: Host['as'] = async (user, ...words) => {
		const arguments_ = [
			`--mount=/proc/${child.pid}/ns/mnt`, `--net=/proc/${child.pid}/ns/net`, '--',
			...(user === 'root' ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups', '--']),
			...words,
		];
		return world.start('nsenter', arguments_, {environment: {HOLM_ROOT: ''}, directory: '/'}).ended;
	};

	return {
		as,
		holm: async (user, ...arguments_) => as(user, process.execPath, '--', `${project}dist/cli.js`, ...arguments_),
		async close() {
			const ended = once(child, 'exit');
			child.stdin.end();
			await ended;
		},
	};
};

/** The engine as a service, on a separate host without another engine. */
export const serviceTests = (world: World): void => {
	world.test('a service for the members of a group, from its installation to a reset of the engine', async t => {
		await world.holm('system', 'start');
		const host = await openHost(world);
		const succeeds = async (user: Parameters<Host['holm']>[0], ...arguments_: readonly string[]) => {
			const {status, stdout, stderr} = await host.holm(user, ...arguments_);
			t.is(status, 0, `${user}: holm ${arguments_.join(' ')}: ${stderr}`);
			return stdout;
		};

		const fails = async (pattern: RegExp, user: Parameters<Host['holm']>[0], ...arguments_: readonly string[]) => {
			const {status, stderr} = await host.holm(user, ...arguments_);
			t.not(status, 0, `${user}: holm ${arguments_.join(' ')}`);
			t.regex(stderr, pattern);
		};

		try {
			await fails(/only root can start it.*sudo holm system install/v, 'ada', 'ps');
			await fails(/only root can install the service/v, 'ada', 'system', 'install');
			await host.as('root', 'mv', '/run/systemd/system', '/run/systemd/aside');
			await fails(/systemd does not run on this host, so the engine cannot be a service \(no action needed: /v, 'root', 'system', 'install');
			await host.as('root', 'mv', '/run/systemd/aside', '/run/systemd/system');
			t.regex(await succeeds('root', 'system', 'install'), /holm\.service runs.*root's power.*usermod -aG holm/sv);
			const {stdout: socket} = await host.as('root', 'stat', '-c', '%U:%G %a', '/run/holm/holm.sock');
			t.is(socket, 'root:holm 660\n');
			t.regex(await succeeds('root', 'system', 'status'), /running with process id \d+ in \/var\/lib\/holm, as a service of this host, socket \/run\/holm/v);

			await fails(/no access to \/run\/holm\/holm\.sock: ada is not in the group holm \(sudo usermod -aG holm ada, then log in again\)/v, 'ada', 'ps');
			await host.as('root', 'usermod', '-aG', 'holm', 'ada');
			const {stderr: early} = await host.as('root', 'setpriv', '--reuid=ada', '--regid=ada', '--clear-groups', process.execPath, '--', `${project}dist/cli.js`, 'ps');
			t.regex(early, /older than the membership.*log in again/v);
			await succeeds('ada', 'network', 'create', 'hers');
			t.is(await succeeds('ada', 'network', 'ls', '-q'), 'bridge\nhers\n');
			await fails(/eve is not in the group/v, 'eve', 'ps');

			// Client files are read and written as the calling user.
			const context = path.join(world.directory, 'hers');
			await mkdir(context);
			await writeFile(path.join(context, 'secret'), 'NAME=value\n', {mode: 0o600});
			await chown(context, Number(users.ada), Number(users.ada));
			const tar = path.join(context, 'files.tar');
			await host.as('root', 'tar', '-cf', tar, '-C', context, 'secret');
			await chmod(tar, 0o600);
			await fails(/permission denied/iv, 'ada', 'import', tar, 'hers');
			await fails(/permission denied/iv, 'ada', 'create', '--env-file', path.join(context, 'secret'), 'hers', 'x');
			await Promise.all([path.join(context, 'secret'), tar].map(async file => chown(file, Number(users.ada), Number(users.ada))));
			await succeeds('ada', 'import', tar, 'hers');
			const archive = path.join(context, 'hers.tar');
			await succeeds('ada', 'save', '-o', archive, 'hers');
			const {stdout: owner} = await host.as('root', 'stat', '-c', '%U', archive);
			t.is(owner, 'ada\n');
			await chmod(context, 0o755);
			await chown(context, 0, 0);
			await fails(/permission denied/iv, 'ada', 'save', '-o', path.join(context, 'other.tar'), 'hers');

			// Only root can start a stopped engine.
			await fails(/only root can stop/v, 'ada', 'system', 'stop');
			await succeeds('root', 'system', 'stop');
			t.regex((await host.holm('ada', 'system', 'status')).stdout, /not running/v);
			await fails(/not running, and only root can start it \(sudo holm system start\)/v, 'ada', 'ps');
			t.is((await host.holm('ada', 'system', 'status')).status, 3);
			await succeeds('root', 'ps');
			t.is(await succeeds('ada', 'network', 'ls', '-q'), 'bridge\nhers\n');

			// If the engine cannot open, waiting clients get the reason.
			await succeeds('root', 'system', 'stop');
			await host.as('root', 'chmod', '700', '/var/lib');
			await fails(/cannot traverse \/var\/lib,.*chmod o\+x \/var\/lib/v, 'root', 'ps');
			await host.as('root', 'chmod', '755', '/var/lib');
			await world.until(async () => host.as('root', 'systemctl', 'is-active', 'holm.service'), ({status}) => status !== 0);
			await succeeds('root', 'system', 'start');

			t.regex(await succeeds('root', 'system', 'uninstall'), /service is removed/v);
			t.not((await host.as('root', 'ls', '/etc/systemd/system/holm.service')).status, 0);
			await fails(/only root can start it/v, 'ada', 'ps');
			t.is(await succeeds('root', 'network', 'ls', '-q'), 'bridge\nhers\n', 'without the service the first command of root starts it');
			await succeeds('root', 'system', 'install');
			t.is(await succeeds('ada', 'network', 'ls', '-q'), 'bridge\nhers\n', 'the service replaced that daemon');

			await fails(/there is no terminal to ask on.*--force/v, 'root', 'system', 'reset');
			const removed = await succeeds('root', 'system', 'reset', '--force');
			t.regex(removed, /Removed: 0 containers.*Removed: 0 volumes.*Removed: images.*Removed: 2 networks.*Removed: the service\. The group holm has members and is left.*Nothing of the engine is left/sv);
			const {stdout: left} = await host.as('root', 'ls', '/var/lib', '/run/holm', '/etc/systemd/system', '/run/netns', '/sys/fs/cgroup/nothing');
			t.notRegex(left, /holm(?:$|\.|-)/mv);
			const {stdout: devices} = await host.as('root', 'ip', '-o', 'link');
			t.notRegex(devices, /holm/v);
			t.is(await succeeds('root', 'system', 'reset'), 'There is no engine in /var/lib/holm.\n');
		} finally {
			await host.holm('root', 'system', 'reset', '--force');
			await host.close();
		}
	}, reason);
};
