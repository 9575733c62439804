export type Clock = {
	/** Default the terminal's own time zone. */
	readonly isUtc: boolean;
	/** Milliseconds since the epoch. */
	readonly now: number;
};

/** Columns of a time: that of today to the millisecond, others with their day. */
export const clockWidth = 14;

const two = (value: number): string => String(value).padStart(2, '0');

const partsOf = (time: Date, isUtc: boolean) => isUtc
	? {day: `${two(time.getUTCMonth() + 1)}-${two(time.getUTCDate())}`, second: `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())}`}
	: {day: `${two(time.getMonth() + 1)}-${two(time.getDate())}`, second: `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`};

/** A time for reading: `14:03:07.250`, on another day `11-29 14:03:07`; empty for a time that is not known. */
export const clockText = (milliseconds: number, {isUtc, now}: Clock): string => {
	if (!Number.isFinite(milliseconds) || Math.abs(milliseconds) > 8.64e15) {
		return '';
	}

	const time = new Date(milliseconds);
	const {day, second} = partsOf(time, isUtc);
	const isToday = Math.abs(now - milliseconds) < 48 * 3_600_000 && partsOf(new Date(now), isUtc).day === day;
	return isToday ? `${second}.${String(time.getMilliseconds()).padStart(3, '0')}` : `${day} ${second}`;
};

/** Times as loggers write them. A number is of seconds, milliseconds, microseconds or nanoseconds, whichever is near our time. */
export const parseTime = (text: string): number | undefined => {
	if (/^\d{9,20}(?:\.\d{1,12})?$/v.test(text)) {
		let value = Number(text);
		if (value < 1e11) {
			value *= 1000;
		}

		while (value >= 1e14) {
			value /= 1000;
		}

		return value;
	}

	// Without a zone it is not known what the digits mean.
	if (!/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+\-]\d{2}:?\d{2})$/v.test(text)) {
		return undefined;
	}

	const milliseconds = Date.parse(text.replace(' ', 'T').replace(',', '.').replace(/(?<=[+\-]\d{2})(?=\d{2}$)/v, ':'));
	return Number.isNaN(milliseconds) ? undefined : milliseconds;
};
