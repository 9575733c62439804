import type {ContainerUpdate} from '../../engine/lifecycle.js';
import {HolmError} from '../../engine/errors.js';
import type {Container, ContainerConfiguration, Machine} from '../../engine/resources.js';
import {machineCpusOf} from './cpus.js';
import {changedLimits, type LiveLimit} from './live-limits.js';
import {validateContainer} from './validate-container.js';

const mebibyte = 1024 ** 2;

/** Machines have whole mebibytes. */
const rounded = (bytes: number) => Math.ceil(bytes / mebibyte);

const isTooLarge = (machine: Machine, before: ContainerConfiguration, after: ContainerConfiguration): boolean =>
	(machineCpusOf(after) !== machineCpusOf(before) && machineCpusOf(after) > machine.cpus)
	|| (after.memory !== undefined && after.memory !== before.memory && rounded(after.memory) > rounded(machine.memoryBytes));

/** A quota and a number of CPUs replace each other, as two forms of one limit. */
const withoutOtherForm = (
	{cpus, cpuQuota, cpuPeriod, ...others}: ContainerConfiguration,
	update: ContainerUpdate,
): ContainerConfiguration => {
	if (update.cpus !== undefined) {
		return {...others, cpus};
	}

	return update.cpuQuota === undefined && update.cpuPeriod === undefined
		? {...others, cpus, cpuQuota, cpuPeriod}
		: {...others, cpuQuota, cpuPeriod};
};

export type Updated = {
	readonly configuration: ContainerConfiguration;
	/** What to set in the machine, if the container runs. */
	readonly limits: readonly LiveLimit[];
	readonly warnings: readonly string[];
};

/** The configuration of a container after an update. Throws `invalid` for values that no container can have, and `conflict` for those that this one cannot have now. */
export const updatedConfiguration = ({name, configuration, status, machine}: Container, update: ContainerUpdate): Updated => {
	const {restartPolicy} = update;
	if (configuration.autoRemove && restartPolicy && restartPolicy.name !== 'no') {
		throw new HolmError('conflict', `container ${name} is removed when it ends, so it cannot have a restart policy`, {remedy: 'make another one without --rm'});
	}

	const given = Object.fromEntries(Object.entries(update).filter(([, value]) => value !== undefined)) as ContainerUpdate;
	const updated = withoutOtherForm({...configuration, ...given}, given);
	validateContainer(updated);
	const isLive = status.state === 'running' || status.state === 'paused';
	if (isLive && machine && isTooLarge(machine, configuration, updated)) {
		throw new HolmError('conflict', `container ${name} is running: stop it first to enlarge its machine, which has ${machine.cpus} CPU${machine.cpus === 1 ? '' : 's'} and ${rounded(machine.memoryBytes)} MiB`, {remedy: `holm stop ${name}`});
	}

	const limits = isLive && machine ? changedLimits(machine, configuration, updated) : [];
	// A paused machine cannot set them.
	const isLater = status.state === 'paused' && limits.length > 0;
	return {
		configuration: updated,
		limits: isLater ? [] : limits,
		warnings: isLater ? [`The limits of container ${name} apply from its next start, because it is paused`] : [],
	};
};
