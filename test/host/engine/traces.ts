import {createHash} from 'node:crypto';
import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {closeNamespace} from '../../../source/host/bridges/namespace.js';
import {ownedProcesses} from '../../../source/host/machines/strays.js';
import {run} from '../../../source/host/run.js';
import {pathsOf} from '../../../source/host/store/paths.js';

/** What an engine has on the host; compared before and after a test. */
export type Traces = {
	readonly containers: readonly string[];
	readonly networks: readonly string[];
	readonly volumes: readonly string[];
	readonly machines: readonly string[];
	/** Buildah's working containers. */
	readonly builds: readonly string[];
	/** Scratch files of builds, loads and saves. */
	readonly scratch: readonly string[];
	/** Devices in the engine's network namespace. */
	readonly devices: readonly string[];
	/** Mount points below the engine's directory. */
	readonly mounts: readonly string[];
	/** Names and pids of programs with the engine's directory in their arguments, except workers that start at their first use and stay. */
	readonly processes: readonly string[];
	readonly listeners: readonly string[];
};

const namespaceOf = (root: string) => `holm-${createHash('sha256').update(path.resolve(root)).digest('hex').slice(0, 8)}`;

const namesIn = async (directory: string): Promise<readonly string[]> => {
	try {
		return (await readdir(directory)).toSorted();
	} catch {
		return [];
	}
};

const mountsBelow = async (directory: string): Promise<readonly string[]> => {
	const text = await readFile('/proc/self/mountinfo', 'utf8');
	return text.split('\n')
		.map(line => line.split(' ')[4] ?? '')
		.filter(target => target === directory || target.startsWith(`${directory}/`))
		.toSorted();
};

type Process = {readonly pid: number; readonly words: readonly string[]};

/** Processes with a text in their arguments. */
export const processesWith = async (text: string): Promise<readonly Process[]> => {
	const names = await readdir('/proc');
	const processes = await Promise.all(names.filter(name => /^\d+$/v.test(name)).map(async name => {
		try {
			const line = await readFile(`/proc/${name}/cmdline`, 'latin1');
			return {pid: Number(name), words: line.split('\0')};
		} catch {
			return {pid: 0, words: []};
		}
	}));
	return processes.filter(({words}) => words.some(word => word.includes(text)));
};

const isWorkerOnDemand = ({words}: Process) => words.some(word => /\/(?:forwarder|log-keeper)-worker\.js$/v.test(word));

const devicesIn = async (namespace: string): Promise<readonly string[]> => {
	try {
		const {stdout} = await run('ip', ['-netns', namespace, '-json', 'link', 'show']);
		return (JSON.parse(stdout) as ReadonlyArray<{readonly ifname: string}>).map(({ifname}) => ifname).toSorted();
	} catch {
		return [];
	}
};

/** Listening TCP sockets and bound UDP sockets of processes. */
const listenersOf = async (pids: ReadonlySet<number>): Promise<readonly string[]> => {
	const {stdout} = await run('ss', ['--no-header', '--listening', '--numeric', '--tcp', '--udp', '--processes']);
	return stdout.split('\n')
		.filter(line => line.matchAll(/pid=(?<pid>\d+)/gv).some(({groups}) => pids.has(Number(groups!.pid))))
		.map(line => line.split(/\s+/v))
		.map(fields => `${fields[0]} ${fields[4]}`)
		.toSorted();
};

const buildsIn = async (images: string): Promise<readonly string[]> => {
	const found = await Promise.all((await readdir(images, {recursive: true}).catch(() => []))
		.filter(name => name.endsWith('-containers/containers.json'))
		.map(async name => {
			const list = JSON.parse(await readFile(path.join(images, name), 'utf8')) as ReadonlyArray<{readonly id: string}> | null;
			return list?.map(({id}) => id) ?? [];
		}));
	return found.flat().toSorted();
};

export const tracesOf = async (root: string): Promise<Traces> => {
	const paths = pathsOf(root);
	const [containers, networks, volumes, machines, builds, scratch, devices, mounts, processes] = await Promise.all([
		namesIn(paths.containers),
		namesIn(paths.networks),
		namesIn(paths.volumes),
		namesIn(path.join(root, 'machines')),
		buildsIn(paths.images),
		namesIn(path.join(paths.images, 'scratch')),
		devicesIn(namespaceOf(root)),
		mountsBelow(root),
		processesWith(root),
	]);
	return {
		containers,
		networks,
		volumes,
		machines,
		builds,
		scratch,
		devices,
		mounts,
		processes: processes.filter(each => !isWorkerOnDemand(each)).map(({pid, words}) => `${path.basename(words[0] ?? '')} ${pid}`).toSorted(),
		listeners: await listenersOf(new Set(processes.map(({pid}) => pid))),
	};
};

/** The directory of everything that belongs to one engine, and a process to ignore. */
type Own = {readonly directory: string; readonly except: number};

/** Kills what an engine has left. */
export const removeRemains = async (root: string, {directory, except}: Own): Promise<void> => {
	for (const {pid} of await processesWith(`${directory}/`)) {
		if (pid !== except) {
			process.kill(pid, 'SIGKILL');
		}
	}

	await closeNamespace(root);
};

/** What is left on the host after `system stop --all`. */
export const remainsOf = async (root: string, {directory, except}: Own): Promise<readonly string[]> => {
	const namespace = namespaceOf(root);
	const [{stdout: namespaces}, {stdout: links}, {stdout: tables}, {stdout: rules}, mounts, processes, owned] = await Promise.all([
		run('ip', ['netns', 'list']),
		run('ip', ['-oneline', 'link', 'show']),
		run('nft', ['list', 'tables']),
		run('ip', ['rule', 'show']),
		mountsBelow(directory),
		processesWith(`${directory}/`),
		ownedProcesses(root),
	]);
	return [
		...namespaces.split('\n').filter(line => line.split(' ', 1)[0] === namespace).map(line => `namespace ${line}`),
		...[links, tables, rules].flatMap(text => text.split('\n').filter(line => line.includes(namespace))),
		...mounts.map(mount => `mount ${mount}`),
		...owned.map(({identity, program}) => `process ${identity.pid} ${program}`),
		...processes.filter(({pid}) => pid !== except).map(({pid, words}) => `process ${pid} ${words.join(' ')}`),
	];
};
