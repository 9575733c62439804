import type {ContainerConfiguration} from '../../engine/resources.js';

const mebibyte = 1024 ** 2;

/** Memory of a VM whose container asks for none. */
export const defaultMachineMemory = 512 * mebibyte;

/** With less than this a guest may boot, but leaves no memory for its container. */
export const minimumMachineMemory = 128 * mebibyte;

/** Bytes of a container's VM. */
export const machineMemoryOf = ({memory = defaultMachineMemory}: Pick<ContainerConfiguration, 'memory'>): number => Math.max(memory, minimumMachineMemory);

/** The limit of the container's control group; undefined if its VM is the limit. */
export const memoryLimitIn = ({memory}: Pick<ContainerConfiguration, 'memory'>, machineBytes: number): number | undefined =>
	memory !== undefined && memory < machineBytes ? memory : undefined;
