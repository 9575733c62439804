const units = ['', 'K', 'M', 'G', 'T', 'P'];

/** Bytes in powers of 1024 in at most five columns: `512M`, `1.5G`. */
export const shortBytes = (bytes: number): string => {
	let value = bytes;
	let unit = 0;
	while (value >= 1000 && unit < units.length - 1) {
		value /= 1024;
		unit++;
	}

	const text = value < 10 && unit > 0 ? value.toFixed(1).replace(/\.0$/v, '') : String(Math.round(value));
	return `${text}${units[unit]!}`;
};

/** A share with at most three digits: `0.4%`, `12%`. */
export const shortPercent = (percent: number): string => `${percent < 9.95 ? percent.toFixed(1) : Math.round(percent)}%`;

/** A duration in at most four columns. Seconds are left out, so that nothing has to be drawn again every second. */
export const shortDuration = (milliseconds: number): string => {
	const minutes = Math.floor(milliseconds / 60_000);
	if (minutes < 1) {
		return '<1m';
	}

	if (minutes < 60) {
		return `${minutes}m`;
	}

	const hours = Math.floor(minutes / 60);
	if (hours < 48) {
		return `${hours}h`;
	}

	return `${Math.min(9999, Math.floor(hours / 24))}d`;
};

/** How old something is; empty for a time that is not known, which is 0. */
export const shortAge = (createdAt: number, now: number): string => createdAt === 0 ? '' : shortDuration(now - createdAt);

/** The last values as a row of bars, the newest on the right; `most` is the value of a full bar, the last of `sparks`. */
export const sparkline = (
	values: readonly number[],
	{width, most, sparks}: {readonly width: number; readonly most: number; readonly sparks: readonly string[]},
): string => {
	const levelOf = (value: number) => Math.max(0, Math.min(sparks.length - 1, Math.floor(value / (most || 1) * sparks.length)));
	const bars = values.slice(-width).map(value => sparks[levelOf(value)]!);
	return bars.join('').padStart(width);
};

/** A round value above all given ones, for the top of a scale. */
export const scaleOf = (values: readonly number[], least: number): number => {
	const highest = Math.max(least, ...values);
	let scale = least;
	while (scale < highest) {
		scale *= 2;
	}

	return scale;
};
