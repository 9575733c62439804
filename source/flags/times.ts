import {HolmError} from '../engine/errors.js';

const unitMs: Readonly<Record<string, number>> = {
	ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000,
};

/** Parses a time into milliseconds since the epoch: `10m` or `1h30m` ago, an RFC 3339 time or date (local without a zone), or Unix seconds with fractions. Throws `invalid`. */
export const parseTime = (flag: string, value: string, now: number): number => {
	if (/^\d+(?:\.\d+)?$/v.test(value)) {
		return Number(value) * 1000;
	}

	if (/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|[dhms]))+$/v.test(value)) {
		// eslint-disable-next-line regexp/no-super-linear-move -- the shape is checked above
		const parts = value.matchAll(/(?<count>\d[\d.]*)(?<unit>[a-zµ]+)/gv);
		return now - parts.reduce((sum, {groups}) => sum + (Number(groups!.count) * unitMs[groups!.unit!]!), 0);
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
