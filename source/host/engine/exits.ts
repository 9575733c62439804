import {asHolmError, type HolmError} from '../../engine/errors.js';
import {
	bootPhases,
	type BootPhase,
	type Container,
	type Exit,
	type ExitCause,
} from '../../engine/resources.js';
import {requestedCause, type EndRequest} from '../../rules/containers/exit-cause.js';
import type {MachineEnd} from '../machines/status.js';

const causeOf = (end: MachineEnd, exitCode: number, request: EndRequest | undefined): ExitCause => {
	if (end.kind === 'refused') {
		return {kind: 'start', phase: 'process', reason: end.reason};
	}

	if (end.kind === 'exited' && end.outOfMemory) {
		return {kind: 'out-of-memory'};
	}

	if (end.kind === 'died' && end.isPanic) {
		return {kind: 'panic', reason: end.reason};
	}

	return requestedCause(request, {exitCode, at: end.at}) ?? (end.kind === 'died' ? {kind: 'machine', reason: end.reason} : {kind: 'process'});
};

type Run = {
	readonly container: Pick<Container, 'configuration' | 'machine'>;
	readonly exitCode: number;
	readonly startedAt: number;
	readonly request?: EndRequest;
};

/** How a run ended, from what its VM said and what was asked of it. */
export const exitAfter = (end: MachineEnd, {container: {configuration, machine}, exitCode, startedAt, request}: Run): Exit => ({
	at: end.at,
	exitCode,
	cause: causeOf(end, exitCode, request),
	startedAt,
	memoryPeakBytes: end.kind === 'exited' ? end.memoryPeakBytes : undefined,
	memoryLimitBytes: configuration.memory ?? machine?.memoryBytes,
});

/** As a shell reports a program that cannot be run. */
const startCodes: Partial<Readonly<Record<HolmError['code'], number>>> = {'command-not-found': 127, 'not-executable': 126};

type FailedStart = {
	readonly at: number;
	/** Those that its VM completed; absent without a VM. */
	readonly phases?: readonly BootPhase[];
	readonly request?: EndRequest;
};

/** How a start failed. */
export const exitOfStart = (error: unknown, {at, phases, request}: FailedStart): Exit => {
	const {message, code} = asHolmError(error);
	const exitCode = startCodes[code] ?? 128;
	return {
		at,
		exitCode,
		cause: requestedCause(request, {exitCode, at}) ?? {
			kind: 'start',
			reason: message,
			phase: phases && bootPhases.find(name => phases.every(done => done.name !== name)),
		},
		startedAt: 0,
	};
};
