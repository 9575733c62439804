import {rm} from 'node:fs/promises';
import {availableParallelism} from 'node:os';
import type {Duplex} from 'node:stream';
import type {
	Builder,
	BuilderActions,
	BuilderChannel,
	BuilderConfiguration,
	BuilderVerbs,
} from '../../engine/builder.js';
import {HolmError, messageOf} from '../../engine/errors.js';
import {plainContainer} from '../../engine/plain-container.js';
import type {Container, ContainerConfiguration} from '../../engine/resources.js';
import {binarySize} from '../../text/sizes.js';
import {builderBase, removeBases} from '../builder/base.js';
import {createBuiltImages} from '../builder/built-images.js';
import {createDockerClient} from '../builder/docker-client.js';
import {createImageMirror, mirrorPort} from '../builder/image-mirror.js';
import {builderImage} from '../builder/layers.js';
import {createReadiness} from '../builder/readiness.js';
import {newId} from '../containers/id.js';
import {engineEnvironment} from '../environment.js';
import {validateSize} from '../guest.js';
import type {ImageStore} from '../images/storage.js';
import {longestDelayMs} from '../machines/patience.js';
import {readRecord, writeRecord} from '../store/records.js';
import {createQueue} from '../../engine/queue.js';
import {createStepReader} from './build-steps.js';
import {
	builderName,
	findBuilder,
	machineOf,
	newEntry,
	publish,
	saveContainer,
	type Context,
	type Entry,
} from './context.js';
import {discardContainer, makeDisk} from './creation.js';
import {writtenBytesOf} from './disk-usage.js';
import {openOutput} from './files.js';
import {leaseAttachment} from './leases.js';
import {dropNetwork, makeNetwork} from './networks.js';
import type {VerbContext} from './verb-context.js';

const gibibyte = 1024 ** 3;
const smallestDiskBytes = 4 * gibibyte;

const defaultConfiguration = (): BuilderConfiguration => ({
	cpus: Math.min(2, availableParallelism()), memoryBytes: 2 * gibibyte, diskBytes: 32 * gibibyte, keepSeconds: 600,
});

/** The steps of builds are in a network of the builder's own; of its addresses only the builder's is seen outside. */
const stepAddress = '172.31.255.1/24';

const imagesTarget = '/run/holm/images.sock';

/** Time for dockerd to answer after its machine has started. Emulated it takes 5 seconds. */
const readyLimitMs = 120_000;
const readyIntervalMs = 100;

/** How long the images agree well enough for another connection. */
const agreementMs = 2000;

const proxyVariables = (): readonly string[] => Object.entries(engineEnvironment())
	.filter(([name]) => /_proxy$/iv.test(name))
	.map(([name, value]) => `${name}=${value}`);

const configurationOf = ({cpus, memoryBytes}: BuilderConfiguration, socket: string): ContainerConfiguration => ({
	...plainContainer,
	image: builderName,
	name: builderName,
	networks: [{network: builderName, aliases: []}],
	mounts: [{
		type: 'bind', source: socket, target: imagesTarget, readOnly: false,
	}],
	cpus,
	memory: memoryBytes,
	privileged: true,
	stopSignal: 'SIGTERM',
});

const validate = ({cpus, memoryBytes, diskBytes, keepSeconds}: BuilderConfiguration): void => {
	if (!(memoryBytes >= gibibyte / 2)) {
		throw new HolmError('invalid', `memory of ${binarySize(memoryBytes)} is too little for the builder`, {remedy: 'give it 512 MiB at least'});
	}

	validateSize({cpus, memoryBytes}, 'builder');

	if (!(Number.isSafeInteger(diskBytes) && diskBytes >= smallestDiskBytes && diskBytes <= 16 * 1024 * gibibyte)) {
		throw new HolmError('invalid', `a disk of ${binarySize(diskBytes)} is not possible for the builder`, {remedy: 'give it 4 GiB to 16 TiB'});
	}

	if (!(Number.isSafeInteger(keepSeconds) && keepSeconds >= 0 && keepSeconds * 1000 <= longestDelayMs)) {
		throw new HolmError('invalid', `the builder cannot be kept for ${keepSeconds} seconds`, {remedy: 'give it 0 seconds to 24 days'});
	}
};

/** What the rest of the engine needs of its builder. */
export type HostBuilder = Required<BuilderVerbs> & {
	/** Takes results that clients may have built over their own connections. Costs nothing if there are none. */
	readonly settle: () => Promise<void>;
	/** Stops the mirror; the machine continues. */
	readonly close: () => Promise<void>;
};

export const createBuilder = (context: VerbContext, store: ImageStore): HostBuilder => {
	const {paths, guest, supervisor, networking, helpers, log} = context;
	const queue = createQueue();
	const mirror = createImageMirror(paths.builderSocket, store, log);
	const readSteps = createStepReader();
	const connections = new Set<Duplex>();
	let isUnsettled = false;
	let idle: NodeJS.Timeout | undefined;
	let synchronisedAt = 0;

	const entryOf = () => findBuilder(context);

	const configuration = async (): Promise<BuilderConfiguration> => {
		const reading = await readRecord<BuilderConfiguration>(paths.builder);
		return {...defaultConfiguration(), ...reading.state === 'read' && reading.value};
	};

	const machine = () => {
		const entry = entryOf();
		const found = entry && machineOf(entry);
		if (!found) {
			throw new HolmError('unavailable', 'the builder does not run', {remedy: 'holm builder start'});
		}

		return found;
	};

	const client = createDockerClient(async () => machine().connectService());
	const built = createBuiltImages({
		client,
		images: store,
		sourceOf: id => builderImage(async (command, input) => openOutput(machine().agent, command, 'taking an image from the builder', {input}), id),
		onTag(id, name) {
			publish(context, {type: 'image', action: 'tag', id, attributes: {name}});
		},
		onGiven: async id => mirror.release(id),
		log,
	});
	const synchronisations = createQueue();
	const synchronise = async (options?: {readonly isBefore: boolean}) => synchronisations(async () => built.synchronise(options));

	const assertNameIsFree = () => {
		const other = context.containers.values().find(({container}) => container.name === builderName)
			?? context.networks.values().find(({name, role}) => name === builderName && role === undefined);
		if (other) {
			throw new HolmError('conflict', `a ${'container' in other ? 'container' : 'network'} has the name ${builderName}, which the builder needs`, {remedy: 'rename or remove it'});
		}
	};

	const make = async (wanted: BuilderConfiguration): Promise<Entry> => {
		validate(wanted);
		// Making the disk takes long.
		assertNameIsFree();
		const base = await builderBase(paths, {
			diskBytes: wanted.diskBytes, gid: guest.gid, onStep({step, detail}) {
				log(`builder: ${step}: ${detail}`);
			},
		});
		return context.registry(async () => {
			assertNameIsFree();
			if (!context.networks.values().some(({role}) => role === 'builder')) {
				await makeNetwork(context, networking, {
					name: builderName, internal: false, labels: {}, driver: 'bridge', role: 'builder',
				});
			}

			const id = newId();
			try {
				await makeDisk(context, id, base);
				const settings = configurationOf(wanted, paths.builderSocket);
				const container: Container = {
					id,
					name: builderName,
					role: 'builder',
					createdAt: Date.now(),
					imageId: '',
					configuration: settings,
					process: {
						arguments: ['/bin/start', stepAddress, String(mirrorPort)], environment: ['PATH=/bin:/usr/bin', 'HOME=/root', ...proxyVariables()], workingDirectory: '/', user: '',
					},
					status: {state: 'created'},
					attachments: [leaseAttachment(context, settings.networks[0]!, {isRunning: false, role: 'builder'})],
					ports: [],
					exposedPorts: [],
					mounts: settings.mounts,
					restartCount: 0,
				};
				const entry = newEntry({container, isStoppedByUser: false, devices: {}});
				await saveContainer(context, entry);
				context.containers.set(id, entry);
				return entry;
			} catch (error) {
				await rm(paths.container(id).directory, {recursive: true, force: true});
				throw error;
			}
		});
	};

	const readiness = createReadiness({ping: async () => client.json('GET', '/_ping', {limitMs: 10_000}), limitMs: readyLimitMs, intervalMs: readyIntervalMs});

	const whenReady = async (entry: Entry): Promise<void> => readiness(() => {
		const found = machineOf(entry);
		if (!found) {
			const {status} = entry.container;
			const reason = status.state === 'exited' ? status.reason : undefined;
			throw new HolmError('unavailable', `the builder ended as it started: ${reason ?? (status.state === 'exited' ? `exit status ${status.exitCode}` : status.state)}`, {
				remedy: reason === undefined ? 'holm builder logs says why' : `holm logs --boot ${builderName} shows its console`,
			});
		}

		return found;
	});

	/** Resolves when it answers. The caller must hold the queue. */
	const start = async (): Promise<void> => {
		clearTimeout(idle);
		const found = entryOf();
		if (found && machineOf(found)) {
			await mirror.open();
			await whenReady(found);
			return;
		}

		const wanted = await configuration();
		const entry = found ?? await make(wanted);
		validate(wanted);
		const settings = configurationOf(wanted, paths.builderSocket);
		entry.container = {...entry.container, configuration: settings, mounts: settings.mounts};
		await mirror.open();
		built.forget();
		await entry.queue(async () => {
			await helpers.close(entry);
			await supervisor.start(entry);
		});
		await whenReady(entry);
	};

	const collect = async () => {
		const entry = entryOf();
		if (isUnsettled && entry && machineOf(entry)) {
			await synchronise();
			isUnsettled = connections.size > 0;
		}
	};

	let settling: Promise<void> | undefined;

	/** A builder that hangs must not hold up those who only list images. */
	const settle = async () => {
		settling ??= collect().catch((error: unknown) => {
			isUnsettled = false;
			log(`results of the builder may be missing: ${messageOf(error)}`);
		}).finally(() => {
			settling = undefined;
		});
		return settling;
	};

	const assertIdle = (isForced: boolean) => {
		if (connections.size > 0 && !isForced) {
			throw new HolmError('conflict', `the builder is used by ${connections.size} connections of builds`, {remedy: 'wait for them, or end them: holm builder stop --force'});
		}
	};

	const stop = async (isForced: boolean) => {
		assertIdle(isForced);
		clearTimeout(idle);
		const entry = entryOf();
		if (entry && machineOf(entry)) {
			await settle();
			await entry.queue(async () => supervisor.stop(entry));
		}

		await mirror.close();
		built.forget();
	};

	const stopIdle = async () => queue(async () => {
		const entry = entryOf();
		if (entry && connections.size === 0 && machineOf(entry)) {
			await stop(false);
		}
	}).catch((error: unknown) => {
		log(`the idle builder was not stopped: ${messageOf(error)}`);
	});

	const restIfIdle = async () => {
		clearTimeout(idle);
		if (connections.size === 0 && entryOf()) {
			const {keepSeconds} = await configuration();
			clearTimeout(idle);
			idle = setTimeout(() => {
				void stopIdle();
			}, keepSeconds * 1000);
			idle.unref();
		}
	};

	const builder: BuilderActions = {
		async status(): Promise<Builder> {
			const entry = entryOf();
			return {
				...await configuration(),
				state: entry === undefined ? 'absent' : (machineOf(entry) ? 'running' : 'stopped'),
				...entry !== undefined && {id: entry.container.id},
				usedBytes: entry ? await writtenBytesOf(context, entry) : 0,
				connections: connections.size,
			};
		},
		steps: async () => readSteps(entryOf()),
		start: async () => queue(async () => {
			await start();
			await restIfIdle();
		}),
		stop: async ({isForced = false} = {}) => queue(async () => stop(isForced)),
		update: async change => queue(async () => {
			const before = await configuration();
			const after = {...before, ...change};
			validate(after);
			const entry = entryOf();
			const isOther = after.cpus !== before.cpus || after.memoryBytes !== before.memoryBytes || after.diskBytes !== before.diskBytes;
			if (isOther && entry && machineOf(entry)) {
				throw new HolmError('conflict', 'the builder runs', {remedy: 'stop it first: holm builder stop'});
			}

			if (after.diskBytes !== before.diskBytes && entry) {
				throw new HolmError('conflict', 'the builder has a disk already', {remedy: 'remove it with its cache first: holm builder rm'});
			}

			await writeRecord(paths.builder, after);
			await restIfIdle();
		}),
		async prune() {
			if (!entryOf()) {
				return {removed: [], freedBytes: 0};
			}

			await queue(async () => {
				await start();
				if (connections.size === 0) {
					await synchronisations(async () => {
						await built.synchronise();
						await built.clear();
					});
				}
			});
			try {
				const answer = await client.json('POST', '/build/prune?all=1', {limitMs: 600_000}) as {readonly CachesDeleted?: readonly string[] | null; readonly SpaceReclaimed?: number} | undefined;
				await machine().agent.run('fstrim /rootfs || true');
				return {removed: (answer?.CachesDeleted ?? []).map(String), freedBytes: answer?.SpaceReclaimed ?? 0};
			} finally {
				await restIfIdle();
			}
		},
		remove: async ({isForced = false} = {}) => queue(async () => {
			await stop(isForced);
			const entry = entryOf();
			if (entry) {
				await entry.queue(async () => {
					await helpers.abandon(entry);
					await discardContainer(context, entry, {volumes: false});
				});
			}

			const network = context.networks.values().find(({role}) => role === 'builder');
			if (network) {
				await dropNetwork(context, networking, network);
			}

			await removeBases(paths);
		}),
	};

	const builderChannel: BuilderChannel = {
		async connect() {
			const stream = await queue(async () => {
				await start();
				// The connections of one build come together.
				if (connections.size === 0 || performance.now() - synchronisedAt > agreementMs) {
					await synchronise({isBefore: true});
					synchronisedAt = performance.now();
				}

				const opened = await machine().connectService();
				connections.add(opened);
				isUnsettled = true;
				return opened;
			});
			stream.once('close', () => {
				connections.delete(stream);
				void restIfIdle();
			});
			stream.on('error', () => undefined);
			return stream;
		},
		collect,
	};

	void restIfIdle();
	return {
		builder,
		builderChannel,
		settle,
		async close() {
			clearTimeout(idle);
			for (const stream of connections) {
				stream.destroy();
			}

			await mirror.close();
		},
	};
};
