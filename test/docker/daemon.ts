import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readdir, rm, rmdir, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import {fetchPackages, findProgram, type TestProgram} from '../debian-packages.js';

/** Docker's own daemon, isolated from the host. */
export type DockerDaemon = {
	readonly socket: string;
	/** Its temporary directory, removed with it. */
	readonly directory: string;
	readonly close: () => Promise<void>;
};

/** The host's daemon program, or the one from `fetchDaemon`. */
export const findDaemon = async (): Promise<TestProgram | undefined> => findProgram('dockerd', 'usr/sbin/dockerd');

/** Downloads Debian's daemon with what it runs. Installing it would start it and change the host's network. */
export const fetchDaemon = async (): Promise<void> => fetchPackages('dockerd', ['docker.io', 'containerd', 'runc', 'tini', 'libdevmapper1.02.1', 'libseccomp2', 'iptables', 'libxtables12', 'libip4tc2', 'libip6tc2', 'libnftnl11', 'libnfnetlink0', 'libnetfilter-conntrack3', 'libmnl0']);

const startLimitMs = 60_000;
const endLimitMs = 10_000;

// A daemon's containers, bridges and firewall are in namespaces of its own and end with their first process.
const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
const script = 'mount -t tmpfs none /run && ip link set lo up && exec "$@"';

/** Removes the control groups, which outlive their processes. */
const removeGroups = async (name: string) => {
	const root = '/sys/fs/cgroup';
	const places = [root, ...(await readdir(root)).map(hierarchy => path.join(root, hierarchy))].map(place => path.join(place, name));
	const remove = async (directory: string): Promise<void> => {
		const entries = await readdir(directory, {withFileTypes: true}).catch(() => []);
		for (const entry of entries) {
			if (entry.isDirectory()) {
				await remove(path.join(directory, entry.name));
			}
		}

		await rmdir(directory).catch(() => undefined);
	};

	for (const place of places) {
		await remove(place);
	}
};

/** The last error in a daemon's log. */
const reasonOf = (log: string) => {
	const lines = log.trim().split('\n');
	return lines.findLast(line => /^failed|level=(?:fatal|error)/v.test(line)) ?? lines.at(-1);
};

/** Starts a daemon. Rejects with the reason if it cannot run on this host. */
export const startDockerDaemon = async (): Promise<DockerDaemon> => {
	const program = await findDaemon();
	if (!program) {
		throw new Error('needs dockerd, which Debian has in docker.io');
	}

	if (process.getuid?.() !== 0) {
		throw new Error('needs root');
	}

	const directory = await mkdtemp(path.join(tmpdir(), 'holm-dockerd-'));
	const socket = path.join(directory, 'docker.sock');
	const group = path.basename(directory);
	// Its own file; the host's would be read otherwise.
	const configuration = path.join(directory, 'daemon.json');
	await writeFile(configuration, '{}');
	const child = spawn('unshare', [
		...namespaces, 'sh', '-c', script, 'sh', program.file,
		'--host', `unix://${socket}`, '--data-root', path.join(directory, 'data'), '--exec-root', path.join(directory, 'run'),
		'--pidfile', path.join(directory, 'pid'), '--config-file', configuration, '--cgroup-parent', `/${group}`, '--group', '0',
	], {stdio: ['ignore', 'ignore', 'pipe'], env: {...process.env, ...program.environment}});
	let log = '';
	child.stderr.on('data', (chunk: Uint8Array) => {
		log = (log + String(chunk)).slice(-100_000);
	});
	// A test that takes too long ends without its teardown.
	const onExit = () => {
		child.kill('SIGKILL');
	};

	process.on('exit', onExit);
	const ended = once(child, 'close');
	const close = async () => {
		child.kill('SIGKILL');
		await ended;
		process.off('exit', onExit);
		// The last processes of the namespaces may still be exiting.
		for (const deadline = Date.now() + endLimitMs; ;) {
			try {
				await rm(directory, {recursive: true, force: true});
				break;
			} catch (error) {
				if (Date.now() > deadline) {
					throw error;
				}

				await delay(50);
			}
		}

		await removeGroups(group);
	};

	for (const deadline = Date.now() + startLimitMs; !log.includes('API listen on');) {
		if (child.exitCode !== null || Date.now() > deadline) {
			await close();
			throw new Error(`dockerd does not run here: ${reasonOf(log)}`);
		}

		await delay(50);
	}

	return {socket, directory, close};
};
