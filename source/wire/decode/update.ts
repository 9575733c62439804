import type {ContainerUpdate} from '../../engine/lifecycle.js';
import {HolmError} from '../../engine/errors.js';
import type {Fields} from '../fields.js';
import {decodeCpus, decodeRestartPolicy} from './create.js';

const known = new Set(['RestartPolicy', 'NanoCpus', 'CpuPeriod', 'CpuQuota', 'Memory', 'MemorySwap']);

/** Go clients send every field, empty if unset. */
export const isEmpty = (value: unknown): boolean => value === null || value === 0 || value === '' || value === false || (typeof value === 'object' && Object.keys(value).length === 0);

/** The body of `POST /containers/{id}/update`. Throws `unsupported`, naming the field, for limits that VMs lack. */
export const decodeUpdate = (body: Fields): {readonly update: ContainerUpdate; readonly warnings: readonly string[]} => {
	const memory = body.number('Memory');
	const field = Object.keys(body.raw).find(key => !known.has(key) && !isEmpty(body.raw[key]));
	if (field !== undefined) {
		throw new HolmError('unsupported', `${field.slice(0, 64)} is not supported: what can be changed are CPUs, memory and the restart policy`);
	}

	const swap = body.number('MemorySwap');
	if (swap !== 0 && swap !== memory) {
		throw new HolmError('unsupported', 'MemorySwap is not supported: a machine has no swap', {remedy: 'leave it out, or give the same as for the memory'});
	}

	const {cpus, warnings} = decodeCpus(body);
	const policy = body.object('RestartPolicy');
	return {
		update: {
			...policy.text('Name') !== '' && {restartPolicy: decodeRestartPolicy(policy)},
			...cpus !== undefined && {cpus},
			...memory !== 0 && {memory},
		},
		warnings,
	};
};
