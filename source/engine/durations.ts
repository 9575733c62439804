const goUnits: Readonly<Record<string, number>> = {
	ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000,
};

/** Parses a duration as Go writes it, such as `1h30m` or `500ms`, into milliseconds; undefined for other text. `moreUnits` has further units, each in milliseconds. */
export const parseDuration = (text: string, moreUnits: Readonly<Record<string, number>> = {}): number | undefined => {
	if (!/^(?:\d+(?:\.\d+)?[a-z\u{B5}]+)+$/v.test(text)) {
		return undefined;
	}

	const units = {...goUnits, ...moreUnits};
	const parts = text.split(/(?<=[a-z\u{B5}])(?=\d)/v).map(part => /^(?<count>[\d.]+)(?<unit>[a-z\u{B5}]+)$/v.exec(part)!.groups!);
	return parts.some(({unit}) => !Object.hasOwn(units, unit!))
		? undefined
		: parts.reduce((sum, {count, unit}) => sum + (Number(count) * units[unit!]!), 0);
};
