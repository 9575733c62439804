import path from 'node:path';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {Container} from '../../engine/resources.js';
import {guestPaths, outerFirst} from '../containers/bundle.js';
import {defaultSize, machineUidOf} from '../guest.js';
import {quote} from '../../text/escape.js';
import type {Agent} from '../machines/ssh/agent.js';
import {clearMachine, startMachine} from '../machines/machine.js';
import type {Machine} from '../machines/running-machine.js';
import {waitForCleanup, type Entry, type Context} from './context.js';
import {resolveMounts, type ResolvedMounts} from './mounts.js';
import {filesFor, hostnameOf} from './start-message.js';

/** VMs without a container process, for access to the files of stopped containers. */
export type HelperMachines = {
	/** The container's helper machine; started if there is none. The caller must hold the container's queue. */
	readonly open: (entry: Entry) => Promise<{readonly agent: Agent; readonly prefix: string}>;
	/** Ends it after 2 seconds without use. */
	readonly release: (entry: Entry) => void;
	/** Ends it now and syncs the disk, which is free when this resolves. */
	readonly close: (entry: Entry) => Promise<void>;
	/** Kills it, even in use. Need not hold the queue. */
	readonly abandon: (entry: Entry) => Promise<void>;
};

/** One copy is several requests; without this delay each would boot a VM. */
const idleLimitMs = 2000;

const prefix = `chroot ${guestPaths.rootfs} /dev/.holm/busybox`;

/** Mounts tools and shares where commands in the container's root find them. Links resolve as in the container. */
const prepareCommand = ({mounts, shares}: ResolvedMounts): string => {
	const root = guestPaths.rootfs;
	const shared = shares.map((_, index) => ({index, target: mounts.find(({source}) => source === guestPaths.share(index))!.target}));
	return [
		'set -e',
		`mkdir -p ${root}/dev`,
		`mount -t tmpfs tmpfs ${root}/dev`,
		`mkdir ${root}/dev/.holm`,
		`cp ${guestPaths.tools}/busybox ${root}/dev/.holm/busybox`,
		...(shared.length > 0 ? [`mkdir ${root}/dev/.shares`, `mount --rbind /shares ${root}/dev/.shares`] : []),
		...outerFirst(shared, ({target}) => target).map(({target, index}) => {
			const place = quote(target);
			return `if [ -d ${guestPaths.share(index)} ]; then ${prefix} mkdir -p ${place}; else ${prefix} mkdir -p ${quote(path.posix.dirname(target))} && ${prefix} touch ${place}; fi; ${prefix} mount --bind /dev/.shares/${index} ${place}`;
		}),
	].join('\n');
};

export const createHelperMachines = (context: Context): HelperMachines => {
	const {paths, guest} = context;
	const machines = new Map<string, {readonly machine: Promise<Machine>; readonly giveUp: AbortController; timer?: NodeJS.Timeout}>();

	const end = async ({container}: Entry, finish: (machine: Machine) => Promise<void>) => {
		const found = machines.get(container.id);
		if (!found) {
			return;
		}

		clearTimeout(found.timer);
		machines.delete(container.id);
		try {
			// A failed boot is reported by `open`.
			const machine = await found.machine.catch(() => undefined);
			await (machine && finish(machine));
		} catch (error) {
			context.log(`${container.name}: ${messageOf(error)}`);
		}

		await clearMachine(paths.container(container.id).machine);
	};

	const boot = async (container: Container, signal: AbortSignal): Promise<Machine> => {
		const files = paths.container(container.id);
		const template = await guest.template(defaultSize);
		const mounts = await resolveMounts(context, container);
		const machine = await startMachine({
			name: `holm-helpers-${container.name}`.slice(0, 64),
			directory: files.machine,
			template,
			program: guest.program,
			uid: machineUidOf(container.id),
			gid: guest.gid,
			network: context.namespace.path,
			disk: files.disk,
			devices: [],
			shares: mounts.shares,
			message: {hostname: hostnameOf(container), files: filesFor(context, container)},
			privateKey: guest.key.privateKey,
			signal,
		});
		const kill = () => {
			// Its users wait for its end.
			machine.kill().catch(() => undefined);
		};

		signal.addEventListener('abort', kill);
		if (signal.aborted) {
			kill();
		}

		await machine.started;
		await machine.agent.run(prepareCommand(mounts));
		return machine;
	};

	return {
		async open(entry) {
			const {container} = entry;
			// The container's last VM used the same directory.
			await waitForCleanup(entry);
			if (entry.isBeingRemoved || !context.containers.has(container.id)) {
				throw new HolmError('conflict', `container ${container.name} is being removed`);
			}

			const found = machines.get(container.id);
			if (found) {
				clearTimeout(found.timer);
				const {agent} = await found.machine;
				return {agent, prefix};
			}

			const giveUp = new AbortController();
			const booting = boot(container, giveUp.signal);
			const made = {machine: booting, giveUp};
			machines.set(container.id, made);
			try {
				const {agent} = await booting;
				return {agent, prefix};
			} catch (error) {
				if (machines.get(container.id) === made) {
					machines.delete(container.id);
				}

				await clearMachine(paths.container(container.id).machine);
				throw error;
			}
		},
		release(entry) {
			const found = machines.get(entry.container.id);
			if (found) {
				clearTimeout(found.timer);
				found.timer = setTimeout(() => {
					const ending = entry.queue(async () => {
						if (machines.get(entry.container.id) === found) {
							await end(entry, async machine => machine.finish());
						}
					});
					ending.catch((error: unknown) => {
						context.log(`${entry.container.name}: ${messageOf(error)}`);
					});
				}, idleLimitMs);
			}
		},
		close: async entry => end(entry, async machine => machine.finish()),
		async abandon(entry) {
			const found = machines.get(entry.container.id);
			found?.giveUp.abort(new HolmError('conflict', `container ${entry.container.name} is being removed`));
			await end(entry, async machine => machine.kill());
		},
	};
};
