import {HolmError, messageOf} from '../../engine/errors.js';
import type {Container} from '../../engine/resources.js';
import {guestPaths, outerFirst} from '../containers/bundle.js';
import {defaultSize, machineUidOf} from '../guest.js';
import {quote} from '../../text/escape.js';
import type {Agent} from '../machines/ssh/agent.js';
import {clearMachine, startMachine} from '../machines/machine.js';
import type {Machine} from '../machines/running-machine.js';
import {waitForCleanup, type Entry, type Context} from './context.js';
import {filesFor, hostnameOf} from './guest-files.js';
import {sharesFor} from './volumes.js';

/** Machines without a process, in which the files of containers that do not run can be reached. */
export type HelperMachines = {
	/** The container's helper machine, started where there is none. Its queue must be held. */
	readonly open: (entry: Entry) => Promise<{readonly agent: Agent; readonly prefix: string}>;
	/** Ends it after a while in which nobody asks for it. */
	readonly rest: (entry: Entry) => void;
	/** Ends it now, with what was written on the disk, which is free again when this resolves. */
	readonly close: (entry: Entry) => Promise<void>;
	/** Ends it at once, whoever uses it. Need not wait for its turn. */
	readonly abandon: (entry: Entry) => Promise<void>;
};

/** A copy is several requests, and each would boot a machine of its own. */
const restMs = 2000;

const prefix = `chroot ${guestPaths.rootfs} /dev/.holm/busybox`;

/** Puts tools and shares where commands in the container's root find them. Its own links are followed as it would follow them. */
const prepareCommand = ({mounts}: Container): string => {
	const root = guestPaths.rootfs;
	const shared = mounts.filter(({type}) => type !== 'tmpfs').map(({target}, index) => ({target, index}));
	return [
		'set -e',
		`mkdir -p ${root}/dev`,
		`mount -t tmpfs tmpfs ${root}/dev`,
		`mkdir ${root}/dev/.holm`,
		`cp ${guestPaths.tools}/busybox ${root}/dev/.holm/busybox`,
		...(shared.length > 0 ? [`mkdir ${root}/dev/.shares`, `mount --rbind /shares ${root}/dev/.shares`] : []),
		...outerFirst(shared, ({target}) => target).map(({target, index}) => {
			const place = quote(target);
			return `if [ -d ${guestPaths.share(index)} ]; then ${prefix} mkdir -p ${place}; else ${prefix} touch ${place}; fi; ${prefix} mount --bind /dev/.shares/${index} ${place}`;
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
			// Why one did not come up is for whoever asked for it.
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
			shares: sharesFor(context, container),
			message: {hostname: hostnameOf(container), files: filesFor(context, container)},
			privateKey: guest.key.privateKey,
			signal,
		});
		const kill = () => {
			// Its end is waited for by whoever uses it.
			machine.kill().catch(() => undefined);
		};

		signal.addEventListener('abort', kill);
		if (signal.aborted) {
			kill();
		}

		await machine.started;
		await machine.agent.run(prepareCommand(container));
		return machine;
	};

	return {
		async open(entry) {
			const {container} = entry;
			// Its own last machine had the same directory.
			await waitForCleanup(entry);
			if (entry.isBeingRemoved) {
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
		rest(entry) {
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
				}, restMs);
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
