import {bootPhases, type Exit, type ExitCause} from '../../engine/resources.js';
import type {Fields} from '../fields.js';
import {decodeTime} from '../times.js';

const verbs = ['stop', 'restart', 'kill', 'remove'] as const;

/** Undefined for a cause that this version does not know. */
const decodeCause = (fields: Fields): ExitCause | undefined => {
	const kind = fields.text('Cause');
	switch (kind) {
		case 'process':
		case 'engine':
		case 'out-of-memory': {
			return {kind};
		}

		case 'request': {
			const verb = verbs.find(known => known === fields.text('Verb'));
			return verb && {kind, verb, signal: fields.number('Signal'), by: fields.optionalText('By')};
		}

		case 'panic':
		case 'machine': {
			return {kind, reason: fields.text('Reason')};
		}

		case 'start': {
			return {kind, reason: fields.text('Reason'), phase: bootPhases.find(known => known === fields.text('Phase'))};
		}

		default: {
			return undefined;
		}
	}
};

/** The `Exit` of Holm's part of a container; undefined if there is none. */
export const decodeExit = (fields: Fields): Exit | undefined => {
	const cause = decodeCause(fields);
	return cause && {
		at: decodeTime(fields.text('At')),
		exitCode: fields.number('ExitCode'),
		cause,
		startedAt: decodeTime(fields.text('StartedAt')),
		memoryPeakBytes: fields.optionalNumber('MemoryPeakBytes'),
		memoryLimitBytes: fields.optionalNumber('MemoryLimitBytes'),
	};
};
