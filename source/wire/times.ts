import {HolmError} from '../engine/errors.js';

/** Docker's value for no time: Go's zero time. */
export const zeroTime = '0001-01-01T00:00:00Z';

/** RFC 3339; 0 is `zeroTime`. */
export const encodeTime = (milliseconds: number): string =>
	milliseconds > 0 ? new Date(milliseconds).toISOString() : zeroTime;

/** Milliseconds since the epoch; 0 for a missing, unreadable or zero time. */
export const decodeTime = (text: string): number => {
	const time = Date.parse(text);
	return Number.isNaN(time) || time < 0 ? 0 : time;
};

/**
Parses a time in a query into milliseconds since the epoch: seconds with a fraction, as Docker's clients send it, or RFC 3339. Throws `invalid`.

Undefined if missing, and for 0, Docker's "no limit".
*/
export const decodeMoment = (text: string | undefined, field: string): number | undefined => {
	if (!text || text === '0') {
		return undefined;
	}

	const time = /^-?\d+(?:\.\d+)?$/v.test(text) ? Math.round(Number(text) * 1000) : Date.parse(text);
	if (Number.isNaN(time)) {
		throw new HolmError('invalid', `${field} must be a time, not ${JSON.stringify(text.slice(0, 64))}`);
	}

	return time;
};

/** A duration in the words of Docker's lists (go-units): `5 seconds`, `About a minute`, `3 hours`. */
export const describeDuration = (milliseconds: number): string => {
	const seconds = Math.floor(milliseconds / 1000);
	const minutes = Math.floor(seconds / 60);
	const hours = Math.floor((seconds / 3600) + 0.5);
	const rows: ReadonlyArray<readonly [boolean, string]> = [
		[seconds < 1, 'Less than a second'],
		[seconds === 1, '1 second'],
		[seconds < 60, `${seconds} seconds`],
		[minutes === 1, 'About a minute'],
		[minutes < 60, `${minutes} minutes`],
		[hours === 1, 'About an hour'],
		[hours < 48, `${hours} hours`],
		[hours < 24 * 14, `${Math.floor(hours / 24)} days`],
		[hours < 24 * 60, `${Math.floor(hours / 24 / 7)} weeks`],
		[hours < 24 * 365 * 2, `${Math.floor(hours / 24 / 30)} months`],
	];
	return rows.find(([applies]) => applies)?.[1] ?? `${Math.floor(hours / 24 / 365)} years`;
};

const unitSeconds: Readonly<Record<string, number>> = {
	second: 1,
	minute: 60,
	hour: 3600,
	day: 24 * 3600,
	week: 7 * 24 * 3600,
	month: 30 * 24 * 3600,
	year: 365 * 24 * 3600,
};

/** The inverse of `describeDuration`, in milliseconds, as precise as the words; undefined for other text. */
export const parseDuration = (words: string): number | undefined => {
	if (words.startsWith('Less than a second')) {
		return 0;
	}

	const match = /^(?:About )?(?<count>\d+|an?) (?<unit>second|minute|hour|day|week|month|year)s?\b/v.exec(words);
	if (!match?.groups) {
		return undefined;
	}

	return (Number(match.groups.count) || 1) * (unitSeconds[match.groups.unit ?? ''] ?? 0) * 1000;
};
