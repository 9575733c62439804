import {randomUUID} from 'node:crypto';
import {
	chmod,
	chown,
	mkdir,
	readFile,
	readdir,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {Engine} from '../../engine/engine.js';
import {createEventLog} from '../../engine/event-log.js';
import {takeEveryStep} from '../every-step.js';
import {openForwarder} from '../bridges/forwarder.js';
import {watchHost} from '../bridges/host-watch.js';
import {closeNamespace, openNamespace, repairHostSide} from '../bridges/namespace.js';
import {ensureTunIsOpen} from '../bridges/tun.js';
import {openLogKeeper} from '../containers/log-keeper.js';
import {removeLog, rotateLog} from '../containers/log-rotation.js';
import {openNameServer} from '../dns/name-server.js';
import {nameServerId} from '../dns/user.js';
import {machineUidOf, openGuest} from '../guest.js';
import type {SetupStep} from '../kernel/guest-kernel.js';
import {openDisks} from '../images/disk.js';
import {openImageStore, type ImageStore} from '../images/storage.js';
import {clearAbandonedTemplates} from '../machines/template/abandoned-templates.js';
import {adoptMachine, clearMachine} from '../machines/machine.js';
import {willEndWithin, silenceLimitMs} from '../machines/patience.js';
import type {Machine} from '../machines/running-machine.js';
import {lastWords} from '../machines/status.js';
import {endStrays, keptBy} from '../machines/strays.js';
import {orMissing} from '../store/missing.js';
import {tryEventStore} from '../store/event-store.js';
import {pathsOf, type Paths} from '../store/paths.js';
import {readRecords} from '../store/records.js';
import {createQueue} from '../../engine/queue.js';
import {archivesVerbs} from './archives.js';
import {buildVerbs} from './build.js';
import {createBuilder, type HostBuilder} from './builder.js';
import {changesVerbs} from './changes.js';
import {commitsVerbs} from './commits.js';
import {eventsVerbs} from './events.js';
import {execsVerbs} from './execs.js';
import {imagesVerbs} from './images.js';
import {lifecycleVerbs} from './lifecycle.js';
import {logsVerbs} from './logs.js';
import {sessionsVerbs} from './sessions.js';
import {snapshotVerbs} from './snapshot.js';
import {statsVerbs} from './stats.js';
import {systemVerbs} from './system.js';
import {transferVerbs} from './transfer.js';
import {volumesVerbs} from './volumes.js';
import {keepClocks, runningMachines} from './clocks.js';
import {createNetworking} from './networking.js';
import {containersVerbs, removeStopped} from './containers.js';
import {createExecs} from './exec-store.js';
import {createWithFiles} from './files.js';
import {hasNetwork} from './find.js';
import {createHealthChecks} from './health.js';
import {beginCheck} from './health-command.js';
import {startAfterBoot, stopForShutdown} from './host-boots.js';
import {bootMachine} from './boot.js';
import {keepBootLog} from './boot-log.js';
import {createSupervisor, type Supervisor} from './supervisor.js';
import {makeNetwork, networksVerbs} from './networks.js';
import {
	defaultNetwork,
	isLive,
	machineOf,
	newEntry,
	saveContainer,
	type ContainerRecord,
	type NetworkRecord,
	type Context,
} from './context.js';
import {createHelperMachines} from './helper-machines.js';
import type {VerbContext} from './verb-context.js';

export type HostEngine = Engine & {
	/** Detaches without stopping anything: VMs, name server and published ports keep running. */
	readonly close: () => Promise<void>;
	/** Stops the containers gracefully and closes, because the host shuts down. The next engine starts them as their restart policies say. */
	readonly closeForShutdown: () => Promise<void>;
	/** Stops everything of the engine, or kills it if `isForced`, and removes its network from the host. Records, images and disks stay; the next engine starts containers as their restart policies say. */
	readonly shutDown: (options?: {readonly isForced?: boolean}) => Promise<void>;
};

export type HostEngineOptions = {
	/** Version of this package. */
	readonly version: string;
	/** Writes a line to the daemon's log. */
	readonly log: (line: string) => void;
	/** Called for each slow step while the engine opens. */
	readonly onStep?: (step: SetupStep) => void;
};

/** How often the size of logs is checked. */
const rotationIntervalMs = 2000;

/** Time limit for helper machines to sync their disks when the engine ends. */
const closeLimitMs = 20_000;

/** Time limit for the last events to get on the disk. */
const flushLimitMs = 5000;

/** Each VM runs as its own user, so every directory above the VMs must be traversable by others. */
const assertPassable = async (root: string): Promise<void> => {
	for (let directory = root; ; directory = path.dirname(directory)) {
		const {mode} = await stat(directory);
		if ((mode & 0o001) === 0) {
			throw new HolmError('invalid', `${root} cannot hold an engine: other users cannot traverse ${directory}, and each VM runs as one`, {remedy: `chmod o+x ${directory}, or choose another --root`});
		}

		if (directory === path.dirname(directory)) {
			return;
		}
	}
};

const makeDirectories = async (paths: Paths) => {
	// Each VM runs as its own user and traverses these to reach its files.
	for (const directory of [paths.root, paths.containers, paths.machines]) {
		await mkdir(directory, {recursive: true, mode: 0o711});
		await chmod(directory, 0o711);
	}

	for (const directory of [paths.networks, paths.volumes, paths.workers]) {
		await mkdir(directory, {recursive: true, mode: 0o700});
	}
};

const identityOf = async ({identity}: Paths): Promise<string> => {
	const text = await orMissing(readFile(identity, 'utf8'));
	if (text !== undefined) {
		return text.trim();
	}

	const id = randomUUID();
	await writeFile(identity, `${id}\n`, {mode: 0o644});
	return id;
};

const readState = async (paths: Paths, log: (line: string) => void) => {
	const [containers, networks] = await Promise.all([
		readRecords<ContainerRecord>(paths.containers, 'record.json'),
		readRecords<NetworkRecord>(paths.networks),
	]);
	for (const {path: file, reason} of [...containers.problems, ...networks.problems]) {
		log(`${file} cannot be used: ${reason}`);
	}

	return {
		containers: new Map(containers.values.entries().map(([id, record]) => [id, newEntry(record)] as const)),
		networks: new Map(networks.values),
	};
};

/** Removes the files of interrupted creations: those of containers without a record. Files beside a record that was set aside stay. */
const removeUnrecorded = async ({paths, containers}: Context): Promise<void> => {
	const ids = await readdir(paths.containers);
	const unknown = ids.filter(id => !containers.has(id));
	for (const id of unknown) {
		const {directory, record} = paths.container(id);
		const names = await orMissing(readdir(directory)) ?? [];
		if (!names.some(name => name.startsWith(path.basename(record)))) {
			await rm(directory, {recursive: true, force: true});
		}
	}
};

/** Ends stray processes of earlier engines and logs each. */
const sweep = async ({paths, log}: Pick<Context, 'paths' | 'log'>, keeps: Parameters<typeof endStrays>[1]): Promise<void> => {
	for (const stray of await endStrays(paths.root, keeps)) {
		log(`ended a process that an earlier engine or an interrupted operation left: ${stray}`);
	}
};

/** Takes over the VM in a directory. Resolves with the reason if it runs but cannot be taken over, with undefined if it does not run. */
const adopt = async (
	directory: string,
	privateKey: string,
): Promise<{readonly machine: Machine} | {readonly reason: string} | undefined> => {
	try {
		const machine = await adoptMachine(directory, privateKey);
		return machine ? {machine} : undefined;
	} catch (error) {
		if (error instanceof HolmError && error.code === 'unavailable') {
			return {reason: error.message};
		}

		throw error;
	}
};

/** Takes over running VMs. Resolves with the work left for VMs that ended while no engine ran; it needs the bridges. */
const resume = async (context: Context, supervisor: Supervisor): Promise<ReadonlyArray<() => Promise<void>>> => {
	const {paths, guest, log} = context;
	const endings: Array<() => Promise<void>> = [];
	const kept: string[] = [];
	for (const entry of context.containers.values()) {
		const {container} = entry;
		const {machine: directory} = paths.container(container.id);
		const found = isLive(entry) ? await adopt(directory, guest.key.privateKey) : undefined;
		if (found && 'machine' in found) {
			supervisor.supervise(entry, found.machine);
			kept.push(directory);
		} else if (found) {
			log(`${container.name}: ${found.reason}; killing its VM`);
			endings.push(async () => supervisor.conclude(entry, {kind: 'died', reason: found.reason, at: Date.now()}));
		} else if (isLive(entry) || container.status.state === 'restarting') {
			const end = await lastWords(directory);
			endings.push(async () => supervisor.conclude(entry, end));
		} else {
			await clearMachine(directory);
		}
	}

	// VMs that an engine was starting when it died.
	await sweep(context, keptBy(kept));

	// VMs of containers that no longer exist.
	const known = new Set(context.containers.keys().map(id => path.basename(paths.container(id).machine)));
	const found = await readdir(paths.machines);
	for (const name of found.filter(name => !known.has(name))) {
		await clearMachine(path.join(paths.machines, name));
	}

	return endings;
};

/** The images, after `settle` has added what builds may have made. Clients of builds name their results in whatever they ask next. */
const withResults = (store: ImageStore, settle: () => Promise<void>): ImageStore => ({
	...store,
	async list(options) {
		await settle();
		return store.list(options);
	},
	async get(reference) {
		await settle();
		return store.get(reference);
	},
	async * push(reference, options) {
		await settle();
		yield * store.push(reference, options);
	},
	async tag(reference, tag) {
		await settle();
		return store.tag(reference, tag);
	},
	async remove(reference, options) {
		await settle();
		return store.remove(reference, options);
	},
	async save(references, options) {
		await settle();
		return store.save(references, options);
	},
	async prune(options) {
		await settle();
		return store.prune(options);
	},
});

/** Rotates the logs of VMs started by versions that had no log worker. */
const rotateAll = async (context: Context): Promise<void> => {
	for (const entry of context.containers.values()) {
		const {container} = entry;
		const swapLog = machineOf(entry)?.swapLog;
		if (!swapLog || !isLive(entry)) {
			continue;
		}

		try {
			await rotateLog(context.paths.container(container.id).log, async file => {
				await chown(file, machineUidOf(container.id), context.guest.gid);
				await swapLog(file);
			});
		} catch (error) {
			context.log(`the log of ${container.name} was not rotated: ${messageOf(error)}`);
		}
	}
};

/**
Opens the engine in the directory `root`: sets up or repairs what it needs on the host, takes over running VMs, and resolves when every verb works.

Throws `forbidden` without root, and `unavailable` with what the host lacks. The caller must make sure that only one engine is open in a directory.
*/
export const openHostEngine = async (root: string, {version, log, onStep}: HostEngineOptions): Promise<HostEngine> => {
	if (process.getuid?.() !== 0) {
		throw new HolmError('forbidden', 'the engine needs root for VMs and bridges', {remedy: 'run it with sudo'});
	}

	silenceLimitMs();
	const paths = pathsOf(root);
	await makeDirectories(paths);
	await assertPassable(paths.root);
	await ensureTunIsOpen();
	// A leftover build would lock the image storage. Processes of VMs wait until their containers are known.
	const machines = path.join(paths.machines, '/');
	const keepsOthers = keptBy([]);
	await sweep({paths, log}, async owned => owned.directory.startsWith(machines) || keepsOthers(owned));
	const [guest, store, namespace, state, id, eventStore] = await Promise.all([
		openGuest(paths, onStep), openImageStore(paths), openNamespace(root), readState(paths, log), identityOf(paths),
		tryEventStore({directory: paths.events, log}),
	]);
	const building: {builder?: HostBuilder} = {};
	const images = withResults(store, async () => building.builder?.settle());
	const [disks, nameServer, forwarder, logKeeper] = await Promise.all([
		openDisks(paths, images.buildah, guest.gid),
		openNameServer({
			directory: paths.workers, namespacePath: namespace.path, uid: nameServerId, gid: nameServerId,
		}),
		openForwarder({directory: paths.workers, localAddress: namespace.hostAddress}),
		openLogKeeper({directory: paths.workers, machines: paths.machines}),
	]);
	const context: Context = {
		paths, guest, images, disks, namespace, nameServer, forwarder, logKeeper, ...state, log,
		events: createEventLog(eventStore), connected: new Set(), registry: createQueue(),
	};
	const networking = createNetworking(context);
	const execs = createExecs(context);
	const helpers = createHelperMachines(context);
	const healthChecks = createHealthChecks(context, beginCheck);
	const supervisor = createSupervisor(context, {
		networking,
		healthChecks,
		boot: async (entry, signal) => bootMachine(context, entry, signal),
		keepConsole: async entry => keepBootLog(context, entry),
		async removeMachine({container}) {
			const files = paths.container(container.id);
			await clearMachine(files.machine);
			if (container.configuration.logging?.driver === 'none') {
				await removeLog(files.log);
			}
		},
		async remove(entry) {
			await removeStopped({...context, helpers, execs}, entry, {volumes: true});
		},
	});
	const verbContext: VerbContext = {
		...context, id, version, networking, supervisor, healthChecks, helpers, execs, withFiles: createWithFiles(helpers),
	};
	const builder = createBuilder(verbContext, store);
	building.builder = builder;
	await clearAbandonedTemplates(paths.templates);
	await removeUnrecorded(context);
	const isEnding = await orMissing(rm(paths.ending).then(() => true)) ?? false;
	const endings = await resume(context, supervisor);
	if (context.containers.values().some(entry => machineOf(entry))) {
		await logKeeper.start();
	}

	await networking.repair();
	const cancelRestarts = () => {
		for (const entry of context.containers.values()) {
			supervisor.cancelRestart(entry);
		}
	};

	for (const conclude of endings) {
		await conclude();
		if (isEnding) {
			cancelRestarts();
		}
	}

	if (!hasNetwork(context, defaultNetwork)) {
		await makeNetwork(context, networking, {
			name: defaultNetwork, internal: false, labels: {}, driver: 'bridge',
		});
	}

	if (!isEnding) {
		await startAfterBoot(context, supervisor);
	}

	const stopClocks = keepClocks({running: () => runningMachines(context), log});
	const rotation = setInterval(() => {
		void rotateAll(context);
	}, rotationIntervalMs);
	rotation.unref();
	const stopWatching = await watchHost({
		device: namespace.hostDevice, rules: namespace.hostRules, async repair() {
			await repairHostSide(root, namespace);
			await networking.repairAnswers();
		}, log,
	});
	const flushEvents = async () => {
		await willEndWithin(eventStore?.flush() ?? Promise.resolve(), flushLimitMs);
	};

	const close = async () => {
		clearInterval(rotation);
		stopClocks();
		await stopWatching();
		await Promise.all([supervisor.close(), healthChecks.detach(), builder.close()]);
		await Promise.all(context.containers.values().map(async entry => {
			// A helper machine has no user left: it may sync its disk, and is killed after the limit.
			const closing = willEndWithin(helpers.close(entry), closeLimitMs).then(async isClosed => isClosed || helpers.abandon(entry));
			const results = await Promise.allSettled([closing, saveContainer(context, entry)]);
			for (const result of results) {
				if (result.status === 'rejected') {
					log(`${entry.container.name}: ${messageOf(result.reason)}`);
				}
			}
		}));
		await flushEvents();
	};

	return {
		...systemVerbs(verbContext),
		...eventsVerbs(verbContext),
		...snapshotVerbs(verbContext, builder.builder),
		...containersVerbs(verbContext),
		...lifecycleVerbs(verbContext),
		...logsVerbs(verbContext),
		...sessionsVerbs(verbContext),
		...execsVerbs(verbContext),
		...statsVerbs(verbContext),
		...archivesVerbs(verbContext),
		...changesVerbs(verbContext),
		...commitsVerbs(verbContext),
		...networksVerbs(verbContext),
		...imagesVerbs(verbContext),
		...transferVerbs(verbContext),
		...buildVerbs(builder.builderChannel),
		builder: builder.builder,
		builderChannel: builder.builderChannel,
		...volumesVerbs(verbContext),
		close,
		async closeForShutdown() {
			await stopForShutdown(context, supervisor);
			await close();
		},
		async shutDown({isForced = false} = {}) {
			if (!isForced) {
				await stopForShutdown(context, supervisor);
			}

			await close();
			await takeEveryStep([
				async () => {
					const kills = await Promise.allSettled(context.containers.values().map(async entry => {
						entry.endRequest = {kind: 'engine', at: Date.now()};
						await supervisor.kill(entry);
						// The next engine applies the restart policy.
						supervisor.cancelRestart(entry);
					}));
					const failures = kills.filter(result => result.status === 'rejected');
					if (failures.length > 0) {
						throw new AggregateError(failures.map(({reason}): unknown => reason), failures.map(({reason}) => messageOf(reason)).join('; '));
					}
				},
				async () => clearAbandonedTemplates(paths.templates), nameServer.close, forwarder.close, logKeeper.close,
				async () => sweep(context, keptBy([])),
				async () => closeNamespace(root),
				flushEvents,
			], 'could not stop everything of the engine');
		},
	};
};
