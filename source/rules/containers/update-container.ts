import type {ContainerUpdate} from '../../engine/lifecycle.js';
import {HolmError} from '../../engine/errors.js';
import type {Container, ContainerConfiguration, Machine} from '../../engine/resources.js';
import {validateContainer} from './validate-container.js';

const mebibyte = 1024 ** 2;

/** Machines have whole mebibytes. */
const rounded = (bytes: number) => Math.ceil(bytes / mebibyte);

const hasOtherSize = (machine: Machine, {cpus, memory}: ContainerUpdate): boolean =>
	(cpus !== undefined && cpus !== machine.cpus)
	|| (memory !== undefined && rounded(memory) !== rounded(machine.memoryBytes));

/** The configuration of a container after an update. Throws `invalid` for values that no container can have, and `conflict` for those that this one cannot have now. */
export const updatedConfiguration = (
	{name, configuration, status, machine}: Container,
	{restartPolicy, cpus, memory}: ContainerUpdate,
): ContainerConfiguration => {
	if (configuration.autoRemove && restartPolicy && restartPolicy.name !== 'no') {
		throw new HolmError('conflict', `container ${name} is removed when it ends, so it cannot have a restart policy`, {remedy: 'make another one without --rm'});
	}

	const updated: ContainerConfiguration = {
		...configuration,
		...restartPolicy !== undefined && {restartPolicy},
		...cpus !== undefined && {cpus},
		...memory !== undefined && {memory},
	};
	validateContainer(updated);
	const isLive = status.state === 'running' || status.state === 'paused';
	if (isLive && machine && hasOtherSize(machine, {cpus, memory})) {
		throw new HolmError('conflict', `container ${name} is running: stop it first to change its machine, which has ${machine.cpus} CPU${machine.cpus === 1 ? '' : 's'} and ${rounded(machine.memoryBytes)} MiB`, {remedy: `holm stop ${name}`});
	}

	return updated;
};
