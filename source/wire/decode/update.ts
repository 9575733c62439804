import type {ContainerUpdate} from '../../engine/lifecycle.js';
import type {Fields} from '../fields.js';
import {decodeUpdatedSettings} from '../settings.js';
import {decodeCpus, decodeRestartPolicy, swapWarnings} from './create.js';
import {checkFields} from './fields/check.js';
import {updateFields} from './fields/resources.js';

/** The body of `POST /containers/{id}/update`. Throws `unsupported`, naming the fields, for limits that VMs lack. */
export const decodeUpdate = (body: Fields): {readonly update: ContainerUpdate; readonly warnings: readonly string[]} => {
	const warnings = checkFields(updateFields, body.raw);
	const cpus = decodeCpus(body);
	const memory = body.number('Memory');
	const policy = body.object('RestartPolicy');
	return {
		update: {
			...policy.text('Name') !== '' && {restartPolicy: decodeRestartPolicy(policy)},
			...cpus !== undefined && {cpus},
			...memory !== 0 && {memory},
			...decodeUpdatedSettings(body),
		},
		warnings: [...warnings, ...swapWarnings(body)],
	};
};
