const unit = (count: number, name: string) => `${count} ${name}${count === 1 ? '' : 's'}`;

/** A duration as Docker prints it (`units.HumanDuration` of docker/go-units): `About a minute`, `3 hours`, `2 weeks`. */
export const humanDuration = (milliseconds: number): string => {
	const seconds = Math.floor(milliseconds / 1000);
	if (seconds < 1) {
		return 'Less than a second';
	}

	if (seconds < 60) {
		return unit(seconds, 'second');
	}

	const minutes = Math.floor(seconds / 60);
	if (minutes === 1) {
		return 'About a minute';
	}

	if (minutes < 60) {
		return unit(minutes, 'minute');
	}

	const hours = Math.round(seconds / 3600);
	if (hours === 1) {
		return 'About an hour';
	}

	if (hours < 48) {
		return unit(hours, 'hour');
	}

	if (hours < 24 * 14) {
		return unit(Math.floor(hours / 24), 'day');
	}

	if (hours < 24 * 60) {
		return unit(Math.floor(hours / 24 / 7), 'week');
	}

	if (hours < 24 * 365 * 2) {
		return unit(Math.floor(hours / 24 / 30), 'month');
	}

	return unit(Math.floor(hours / 24 / 365), 'year');
};

/** `3 hours ago`. */
export const timeAgo = (time: number, now: number): string => time === 0 ? '' : `${humanDuration(Math.max(0, now - time))} ago`;
