import type {BuildStep, Builder} from '../../engine/builder.js';
import {fieldsOf} from '../fields.js';

const states = ['absent', 'stopped', 'running'] as const;

/** The answer of `GET /holm/builder`. */
export const decodeBuilder = (json: unknown): Builder => {
	const fields = fieldsOf(json);
	const id = fields.optionalText('id');
	return {
		state: states.find(state => state === fields.text('state')) ?? 'absent',
		...id !== undefined && {id},
		cpus: fields.number('cpus'),
		memoryBytes: fields.number('memoryBytes'),
		diskBytes: fields.number('diskBytes'),
		keepSeconds: fields.number('keepSeconds'),
		usedBytes: fields.number('usedBytes'),
		connections: fields.number('connections'),
	};
};

/** The answer of `GET /holm/builder/steps`. */
export const decodeSteps = (json: unknown): readonly BuildStep[] => fieldsOf(json).objects('steps').map(fields => ({
	step: fields.number('step'),
	pid: fields.number('pid'),
	elapsedSeconds: fields.number('elapsedSeconds'),
	command: fields.text('command'),
}));
