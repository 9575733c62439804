/** Nanoseconds between the entries of one millisecond. */
const step = 1731;

/**
The timestamps of one log: RFC 3339 with nanoseconds, each later than the one before.

A clock of milliseconds, as it is for everything else, would give many lines of a log the same time.
*/
export const createStamp = (now: () => number): ((at?: number) => string) => {
	let last = 0;
	let nanoseconds = 0;
	let prefix = '';
	return (at = now()) => {
		// A clock that was set back does not put lines before those that are there.
		const milliseconds = Math.max(Math.floor(at), last);
		if (milliseconds > last || prefix === '') {
			last = milliseconds;
			nanoseconds = milliseconds * 7919 % 100_000;
			prefix = new Date(milliseconds).toISOString().slice(0, -1);
		} else {
			nanoseconds += step;
			if (nanoseconds > 999_999) {
				last++;
				nanoseconds = 0;
				prefix = new Date(last).toISOString().slice(0, -1);
			}
		}

		return `${prefix}${String(nanoseconds).padStart(6, '0')}Z`;
	};
};
