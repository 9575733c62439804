import {fileURLToPath} from 'node:url';
import {mkdir, realpath} from 'node:fs/promises';
import path from 'node:path';
import {HolmError} from '../../engine/errors.js';
import {findCommand} from '../setup/programs.js';
import {defaultRoot, pathsOf, serviceSocket} from '../store/paths.js';
import type {SetupStep} from '../kernel/guest-kernel.js';
import {ensureGroup} from './group.js';
import {
	foreignUnits,
	isService,
	isSystemdRunning,
	removeService,
	startService,
	writeUnits,
} from './service.js';
import {assertOnlyRootWrites} from './trust.js';
import {
	serviceGroup,
	serviceText,
	serviceUnit,
	socketText,
} from './units.js';

/** The package of this module, four directories above `dist/source/host/service`. */
const packageDirectory = () => fileURLToPath(new URL('../../../../', import.meta.url));

/** Code in a home directory is easily moved or removed by its user. */
const isInHome = (file: string) => /^\/(?:home|root)\//v.test(file);

const assertPossible = async (root: string): Promise<void> => {
	if (!await isSystemdRunning()) {
		throw new HolmError('unsupported', 'systemd does not run on this host, so the engine cannot be a service', {remedy: 'no action needed: the first command as root starts the engine'});
	}

	if (process.getuid?.() !== 0) {
		throw new HolmError('forbidden', 'only root can install the service', {remedy: 'sudo holm system install'});
	}

	if (path.resolve(root) !== defaultRoot) {
		throw new HolmError('unsupported', `the service is the engine in ${defaultRoot}, and not the one in ${root}`, {remedy: 'leave --root and HOLM_ROOT out'});
	}

	const foreign = await foreignUnits();
	if (foreign.length > 0) {
		throw new HolmError('conflict', `${foreign.join(' and ')} was not made by Holm`, {remedy: 'move it away first'});
	}
};

export type InstallOptions = {
	readonly root: string;
	/** Path of the daemon's program. */
	readonly daemonFile: string;
	readonly tell: (step: SetupStep) => void;
	/** Stops a daemon that does not run as the service. Its containers continue. */
	readonly stopDaemon: () => Promise<void>;
	/** Resolves when the engine answers at the service's socket. Throws the engine's error if it cannot open. */
	readonly awaitEngine: () => Promise<void>;
};

/**
Installs the engine as a service of the host, or upgrades the service to this version of Holm. Running containers continue.

Throws `unsupported` without systemd, and `forbidden` without root or if users other than root can change the code.
*/
export const installService = async ({root, daemonFile, tell, stopDaemon, awaitEngine}: InstallOptions): Promise<void> => {
	await assertPossible(root);
	const [node, daemon, directory] = await Promise.all([process.execPath, daemonFile, packageDirectory()].map(async file => realpath(file)));
	await assertOnlyRootWrites([node!, directory!]);
	const homely = [node!, daemon!].filter(file => isInHome(file));
	if (homely.length > 0) {
		tell({step: 'warning', detail: `the service runs ${homely.join(' and ')}, in a home directory: it ends with that directory, and others cannot run the command there`});
	}

	const flock = await findCommand('flock');
	if (flock === undefined) {
		throw new HolmError('unavailable', 'flock is not installed', {remedy: 'install util-linux'});
	}

	const {isNew} = await ensureGroup();
	tell({step: 'group', detail: isNew ? `${serviceGroup} made` : `${serviceGroup} is there`});
	const wasService = await isService(root);
	if (!wasService) {
		await stopDaemon();
	}

	await mkdir(defaultRoot, {recursive: true, mode: 0o711});
	try {
		await writeUnits({
			service: serviceText({flock, node: node!, daemon: daemon!, root: defaultRoot, lock: pathsOf(defaultRoot).daemonLock}),
			socket: socketText(),
		});
		tell({step: 'service', detail: `starting ${serviceUnit}`});
		await startService({isChanged: true});
		await awaitEngine();
	} catch (error) {
		if (!wasService) {
			await removeService().catch(() => undefined);
		}

		throw error;
	}

	tell({step: 'service', detail: `${serviceUnit} runs, starts with the host, and listens at ${serviceSocket}`});
};
