import {asHolmError} from '../../engine/errors.js';
import type {Progress} from '../../engine/resources.js';

/** One line of the response to a pull, push, build or load. */
export const encodeProgress = ({text, status, id, current, total, imageId}: Progress) => ({
	...text !== undefined && {stream: text},
	...status !== undefined && {status},
	...id !== undefined && {id},
	...!(current === undefined && total === undefined) && {progressDetail: {current, total}},
	...imageId !== undefined && {aux: {ID: imageId}},
});

/** The body of a refused request. Docker's clients read `message`; Holm's restore the error from all three. */
export const encodeError = (error: unknown) => {
	const {message, code, remedy, retryAfterMs} = asHolmError(error);
	return {message, code, remedy, ...retryAfterMs !== undefined && {retryAfterMs}};
};

/** The last line of an operation that failed after its first line. Docker's code is the exit status of a failed build step, which its client exits with, and absent otherwise; Holm's code has a field of its own. */
export const encodeProgressError = (error: unknown) => {
	const body = encodeError(error);
	const {commandStatus} = asHolmError(error);
	return {errorDetail: {...commandStatus !== undefined && {code: commandStatus}, message: body.message}, error: body.message, Holm: body};
};
