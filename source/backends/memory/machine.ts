import {bootPhases, type ContainerConfiguration, type Machine} from '../../engine/resources.js';
import {machineCpusOf} from '../../rules/containers/cpus.js';
import {machineMemoryOf} from '../../rules/containers/memory.js';
import type {Random} from './random.js';

export const kernelVersion = '6.12.0-holm';

const memoryKernel = '/holm/guest/vmlinuz';

/** Milliseconds of each phase with KVM, at least and at most. */
const durations: Readonly<Record<typeof bootPhases[number], readonly [least: number, most: number]>> = {
	restore: [38, 61], plug: [6, 13], disk: [9, 19], network: [4, 9], process: [21, 46],
};

/** Made-up figures of the VM of a container that has just started. */
export const makeUpMachine = (configuration: ContainerConfiguration, random: Random): Machine => {
	const {kernel = memoryKernel} = configuration;
	let end = 0;
	return {
		accelerator: 'kvm',
		cpus: machineCpusOf(configuration),
		memoryBytes: machineMemoryOf(configuration),
		kernel,
		phases: bootPhases.map(name => {
			const [least, most] = durations[name];
			const startMs = end;
			end = Math.round((startMs + least + (random.next() * (most - least))) * 10) / 10;
			return {name, startMs, endMs: end};
		}),
	};
};
