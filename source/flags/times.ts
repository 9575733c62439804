import * as durations from '../engine/durations.js';
import {HolmError} from '../engine/errors.js';

const days = {d: 86_400_000};

/** Parses a duration such as `1m30s` or `500ms` into milliseconds; 0 needs no unit. Throws `invalid`. */
export const parseDuration = (flag: string, value: string): number => {
	const milliseconds = value === '0' ? 0 : durations.parseDuration(value);
	if (milliseconds === undefined) {
		throw new HolmError('invalid', `invalid duration "${value}" for ${flag}`, {remedy: 'it is a number with a unit, such as 500ms, 30s or 1m30s'});
	}

	return milliseconds;
};

/** Parses a time into milliseconds since the epoch: `10m` or `1h30m` ago, an RFC 3339 time or date (local without a zone), or Unix seconds with fractions. Throws `invalid`. */
export const parseTime = (flag: string, value: string, now: number): number => {
	if (/^\d+(?:\.\d+)?$/v.test(value)) {
		return Number(value) * 1000;
	}

	const ago = durations.parseDuration(value, days);
	if (ago !== undefined) {
		return now - ago;
	}

	if (/^\d{4}-\d{2}-\d{2}(?:T\d{2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[+\-]\d{2}:\d{2})?)?$/v.test(value)) {
		// ECMAScript reads a date without a time as UTC, and Docker as local.
		const local = value.length === 10 ? `${value}T00:00:00` : value.replace(/(?<=T\d{2})(?=[+\-Z]|$)/v, ':00');
		const time = new Date(local).getTime();
		if (Number.isFinite(time)) {
			return time;
		}
	}

	throw new HolmError('invalid', `invalid time "${value}" for ${flag}`, {remedy: 'it is how long ago such as 10m, a time such as 2026-02-25T10:00:00Z, or Unix seconds'});
};
