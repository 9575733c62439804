import {chmod, chown} from 'node:fs/promises';
import {HolmError} from '../../engine/errors.js';
import type {Container} from '../../engine/resources.js';
import {logLimitsOf} from '../../rules/containers/logging.js';
import {prepareLog} from '../containers/log-rotation.js';
import {machineUidOf, sizeOf} from '../guest.js';
import type {BaseDisk} from '../images/disk.js';
import {startMachine} from '../machines/machine.js';
import {patienceRemedy, unlessAborted} from '../machines/patience.js';
import type {Machine} from '../machines/running-machine.js';
import type {Context, Entry} from './context.js';
import {startMessageFor} from './start-message.js';
import {resolveMounts} from './mounts.js';
import {devicesFor} from './wanted-state.js';

/** Maps an error of the runtime to the error that clients expect. */
const processRefusal = (reason: string, {process: {arguments: [program = '']}}: Pick<Container, 'process'>): HolmError => {
	const name = JSON.stringify(program.slice(0, 200));
	if (reason.startsWith('sysctl ')) {
		return new HolmError('invalid', reason, {remedy: 'make the container with another value, or without it'});
	}

	if (/not found|no such file/iv.test(reason)) {
		return new HolmError('command-not-found', `exec: ${name}: ${/stat|directory/iv.test(reason) && program.includes('/') ? 'no such file or directory' : 'executable file not found in $PATH'}`, {remedy: 'name a program that the image has', cause: reason});
	}

	if (/permission denied|operation not permitted|is a directory|not executable|exec format/iv.test(reason)) {
		return new HolmError('not-executable', `exec: ${name}: ${reason.replace(/^.*: (?=[A-Z])/v, '')}`, {remedy: 'name an executable program', cause: reason});
	}

	return new HolmError('internal', `the container could not be started: ${reason}`);
};

/** The accounts of a container's image, whose base disk is made if it is missing. The builder has no image. */
const accountsOf = async ({images, disks}: Context, {imageId, role}: Container): Promise<BaseDisk['accounts']> => {
	if (role === 'builder') {
		return {passwd: 'root:x:0:0:root:/root:/bin/sh\n', group: 'root:x:0:\n'};
	}

	const {accounts} = await disks.base(await images.get(imageId));
	return accounts;
};

/** Boots the VM of a container. Resolves when the process runs; throws with the reason if it never does. */
export const bootMachine = async (context: Context, entry: Entry, signal: AbortSignal): Promise<Machine> => {
	const {paths, guest, logKeeper} = context;
	const {container} = entry;
	const {configuration, id} = container;
	const files = paths.container(id);
	const uid = machineUidOf(id);
	const logLimits = logLimitsOf(configuration.logging);
	const [template, accounts] = await unlessAborted(Promise.all([
		guest.template(sizeOf(configuration)),
		accountsOf(context, container),
		prepareLog(files.log, logLimits).then(async () => {
			await chown(files.log, uid, guest.gid);
			await chmod(files.log, 0o600);
		}),
		logKeeper.start(),
	]), signal);
	const mounts = await resolveMounts(context, container);
	const devices = devicesFor(container.attachments, context.networks);
	entry.devices = Object.fromEntries(devices.map(({endpointId, name}) => [endpointId, name]));
	const machine = await startMachine({
		name: `holm-${container.name}`.slice(0, 64),
		directory: files.machine,
		template,
		program: guest.program,
		uid,
		gid: guest.gid,
		network: context.namespace.path,
		disk: files.disk,
		devices,
		shares: mounts.shares,
		log: files.log,
		message: startMessageFor(context, container, {accounts, mounts}),
		logLimits,
		privateKey: guest.key.privateKey,
		signal,
	});
	const {accelerator, cpus, memoryBytes, kernel} = template.shape;
	const describeMachine = () => {
		entry.container = {...entry.container, machine: {accelerator, cpus, memoryBytes, kernel, phases: machine.phases()}};
	};

	describeMachine();
	try {
		await unlessAborted(machine.started, signal);
		return machine;
	} catch (error) {
		describeMachine();
		if (signal.aborted) {
			await machine.kill();
			throw error;
		}

		const end = await machine.ended;
		if (end.kind === 'exited') {
			return machine;
		}

		throw end.kind === 'refused' ? processRefusal(end.reason, container) : new HolmError('internal', `the machine of ${container.name} did not start: ${end.reason}`, {remedy: `holm logs --boot ${container.name} may say more; ${patienceRemedy}`});
	}
};
