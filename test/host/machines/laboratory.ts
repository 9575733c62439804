import {randomBytes} from 'node:crypto';
import {
	chmod,
	chown,
	copyFile,
	mkdir,
	mkdtemp,
	readFile,
	rm,
	symlink,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {programs} from '../../../source/host/setup/distributions.js';
import {
	defaultSize,
	machineUidOf,
	openGuest,
	type Guest,
} from '../../../source/host/guest.js';
import {type NetworkDevice} from '../../../source/host/machines/guest-protocol.js';
import {clearMachine, startMachine} from '../../../source/host/machines/machine.js';
import {type Machine} from '../../../source/host/machines/running-machine.js';
import {type Share} from '../../../source/host/machines/shares.js';
import {type Template} from '../../../source/host/machines/template/template.js';
import {findCommand, findProgram} from '../../../source/host/setup/programs.js';
import {run} from '../../../source/host/run.js';
import {pathsOf, type Paths} from '../../../source/host/store/paths.js';
import {layParts} from '../engine/parts.js';
import {bundleFor, type TestProcess} from './bundle.js';

/** Why machines cannot run here; undefined where they can. */
export const findObstacle = async (): Promise<string | undefined> => {
	if (process.getuid?.() !== 0) {
		return 'needs root';
	}

	for (const program of programs) {
		if (!await findProgram(program)) {
			return `needs ${program}`;
		}
	}

	return await findCommand('flock') ? undefined : 'needs flock';
};

/** A disk with nothing but busybox. */
const makeDisk = async (root: string): Promise<string> => {
	const rootfs = path.join(root, 'rootfs');
	for (const name of ['bin', 'data', 'dev', 'etc', 'proc', 'sys', 'tmp']) {
		await mkdir(path.join(rootfs, name), {recursive: true});
	}

	const busybox = await findCommand('busybox');
	await copyFile(busybox!, path.join(rootfs, 'bin', 'busybox'));
	const {stdout} = await run(busybox!, ['--list']);
	const applets = stdout.split('\n').filter(applet => applet && applet !== 'busybox');
	await Promise.all(applets.map(async applet => symlink('busybox', path.join(rootfs, 'bin', applet))));
	const disk = path.join(root, 'base.img');
	await run('mke2fs', ['-q', '-F', '-t', 'ext4', '-E', 'lazy_itable_init=1,lazy_journal_init=1,nodiscard', '-d', rootfs, disk, '1G']);
	await chmod(disk, 0o644);
	return disk;
};

export type TestMachine = {
	readonly machine: Machine;
	readonly directory: string;
	readonly uid: number;
	readonly disk: string;
	readonly readLog: () => Promise<string>;
};

export type StartOptions = Partial<TestProcess> & {
	readonly stdin?: boolean;
	/** Nothing runs in a helper machine. */
	readonly isHelper?: boolean;
	readonly devices?: (uid: number) => Promise<readonly NetworkDevice[]>;
	readonly shares?: readonly Share[];
	/** Default the laboratory's. */
	readonly template?: Template;
	readonly signal?: AbortSignal;
	/** Of an earlier machine. */
	readonly disk?: string;
};

/** An engine for tests, with everything that machines need. */
export type Laboratory = {
	readonly paths: Paths;
	readonly guest: Guest;
	readonly template: Template;
	/** Path of a network namespace with only the loopback device. */
	readonly network: string;
	readonly start: (options: StartOptions) => Promise<TestMachine>;
	/** Kills every machine and removes everything. */
	readonly close: () => Promise<void>;
};

export const makeLaboratory = async (): Promise<Laboratory> => {
	// Not the system's directory for temporary files, which may be too long for the sockets of machines.
	const root = await mkdtemp('/tmp/holmtest-');
	const name = path.basename(root);
	const network = `/run/netns/${name}`;
	const machines: string[] = [];
	const close = async () => {
		for (const directory of machines) {
			await clearMachine(directory);
		}

		await run('ip', ['netns', 'delete', name], {accept: [0, 1]});
		await rm(root, {recursive: true, force: true});
	};

	try {
		await run('ip', ['netns', 'add', name]);
		await run('ip', ['-netns', name, 'link', 'set', 'lo', 'up']);
		const paths = pathsOf(root);
		await layParts(root);
		const guest = await openGuest(paths);
		const template = await guest.template(defaultSize);
		const base = await makeDisk(root);
		const start = async (started: StartOptions): Promise<TestMachine> => {
			const {devices, shares = [], isHelper = false, template: chosen = template, signal, ...options} = started;
			const id = randomBytes(32).toString('hex');
			const uid = machineUidOf(id);
			const container = paths.container(id);
			await mkdir(container.directory, {recursive: true});
			const disk = options.disk ?? container.disk;
			if (!options.disk) {
				await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', base, disk]);
			}

			await writeFile(container.log, '');
			await Promise.all([disk, container.log].map(async file => chown(file, uid, guest.gid)));
			const directory = container.machine;
			machines.push(directory);
			const {terminal = false, stdin = false} = options;
			const bundle = bundleFor({arguments: [], ...options});
			const machine = await startMachine({
				name,
				directory,
				template: chosen,
				signal,
				program: guest.program,
				uid,
				gid: guest.gid,
				network,
				disk,
				devices: await devices?.(uid) ?? [],
				shares,
				log: container.log,
				privateKey: guest.key.privateKey,
				message: {
					hostname: 'test',
					process: isHelper ? undefined : {terminal, stdin},
					files: {
						'files/empty': Buffer.alloc(0),
						'bundle/config.json': Buffer.from(JSON.stringify(bundle)),
					},
				},
			});
			return {
				machine, directory, uid, disk, readLog: async () => readFile(container.log, 'utf8'),
			};
		};

		return {
			paths, guest, template, network, start, close,
		};
	} catch (error) {
		await close();
		throw error;
	}
};
