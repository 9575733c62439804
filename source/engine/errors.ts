/**
The closed set of reasons for which Holm refuses or fails.

The code alone decides how the program reacts, so nothing branches on message text.
*/
export type ErrorCode =
	/** The request itself is malformed: a bad name, flag, address, size. */
	| 'invalid'
	/** The named container, network, image or volume does not exist. */
	| 'not-found'
	/** The request contradicts what exists: a name or port in use, a wrong state. */
	| 'conflict'
	/** The resource already has the requested state; Docker answers 304. */
	| 'not-modified'
	/** The caller may not do this: no root, no access to the socket, a registry's refusal. */
	| 'forbidden'
	/** This engine does not support the request. */
	| 'unsupported'
	/** The host lacks something: a program, memory, disk space, the daemon. */
	| 'unavailable'
	/** The command could not be started inside the container: it is not executable. */
	| 'not-executable'
	/** The command could not be started inside the container: there is no such file. */
	| 'command-not-found'
	/** A fault of the engine or of a program it uses. */
	| 'internal';

const httpStatuses: Record<ErrorCode, number> = {
	invalid: 400,
	'not-found': 404,
	conflict: 409,
	'not-modified': 304,
	forbidden: 403,
	unsupported: 501,
	unavailable: 503,
	'not-executable': 400,
	'command-not-found': 404,
	internal: 500,
};

/** Whether a text, such as one from the API, is one of the codes. */
export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(httpStatuses, text);

export type HolmErrorOptions = {
	/** What the user can do about it, as a phrase that can follow the message. */
	readonly remedy?: string;
	/** Of the command that failed, such as a step of a build. */
	readonly commandStatus?: number;
	/** The engine can be asked, but before so many milliseconds its answer will be the same. */
	readonly retryAfterMs?: number;
	readonly cause?: unknown;
};

/**
The only error type of Holm. `message` names the thing and the reason in one line; `remedy` says what to do about it.
*/
export class HolmError extends Error {
	override readonly name = 'HolmError';
	readonly code: ErrorCode;
	readonly remedy: string | undefined;
	readonly commandStatus: number | undefined;
	readonly retryAfterMs: number | undefined;

	constructor(code: ErrorCode, message: string, {remedy, commandStatus, retryAfterMs, cause}: HolmErrorOptions = {}) {
		super(message, {cause});
		this.code = code;
		this.remedy = remedy;
		this.commandStatus = commandStatus;
		this.retryAfterMs = retryAfterMs;
	}
}

/** The HTTP status that the Docker Engine API gives an error of this code. */
export const httpStatusOf = (code: ErrorCode): number => httpStatuses[code];

/** The exit status of a command that failed with this error: 125 for the engine's own errors, 126 and 127 as in shells. */
export const exitStatusOf = (error: unknown): number => {
	if (error instanceof HolmError) {
		if (error.code === 'not-executable') {
			return 126;
		}

		if (error.code === 'command-not-found') {
			return 127;
		}
	}

	return 125;
};

/** Any thrown value as a `HolmError`, so that commands, API and dashboard print errors the same way. */
export const asHolmError = (error: unknown): HolmError => {
	if (error instanceof HolmError) {
		return error;
	}

	if (error instanceof AggregateError) {
		return new HolmError('internal', error.errors.map(inner => messageOf(inner)).join('; '), {cause: error});
	}

	if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) {
		return new HolmError('unavailable', messageOf(error), {remedy: 'make room on that disk', cause: error});
	}

	return new HolmError('internal', messageOf(error), {cause: error});
};

/** The message and the remedy in one line, as users see them. */
export const describeError = (error: unknown): string => {
	const {message, remedy} = asHolmError(error);
	return remedy ? `${message} (${remedy})` : message;
};

/** The message of any thrown value, in one line. */
export const messageOf = (error: unknown): string =>
	(error instanceof Error ? error.message : String(error)).split('\n').map(line => line.trim()).filter(Boolean).join(' ');
