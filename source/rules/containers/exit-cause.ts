import type {Exit, ExitCause} from '../../engine/resources.js';

/** What was asked of a run, and may be the cause of its end. */
export type EndRequest = Extract<ExitCause, {kind: 'request' | 'engine'}> & {readonly at: number};

/** Signals that are meant to end a process: SIGHUP, SIGINT, SIGQUIT, SIGKILL and SIGTERM. */
const endingSignals: ReadonlySet<number> = new Set([1, 2, 3, 9, 15]);

/** How long after a signal an end still counts as its effect, if the exit status does not name the signal. */
const effectMs = 10_000;

/** The request as the cause of an end; undefined if the process has outlived it. */
export const requestedCause = (
	request: EndRequest | undefined,
	{exitCode, at}: Pick<Exit, 'exitCode' | 'at'>,
): ExitCause | undefined => {
	if (!request) {
		return undefined;
	}

	const {at: askedAt, ...cause} = request;
	const isLasting = cause.kind === 'engine' || cause.verb !== 'kill';
	const isEffect = isLasting || exitCode === 128 + cause.signal || (endingSignals.has(cause.signal) && at - askedAt <= effectMs);
	return isEffect ? cause : undefined;
};

/** What the event of an end says of its cause, beside the exit status. Both are always there, so that no label of the container can pass for them. */
export const causeAttributes = ({cause}: Exit): Readonly<Record<'cause' | 'by', string>> => cause.kind === 'request'
	? {cause: cause.verb, by: cause.by ?? 'a client without a name'}
	: {cause: cause.kind, by: 'none'};
