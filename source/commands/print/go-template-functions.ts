/** A value as Go's `fmt` prints it with `%v`. */
export const show = (value: unknown): string => {
	if (value === undefined || value === null) {
		return '<no value>';
	}

	if (Array.isArray(value)) {
		return `[${value.map(item => show(item)).join(' ')}]`;
	}

	if (typeof value === 'object') {
		return `map[${Object.keys(value).toSorted().map(key => `${key}:${show((value as Record<string, unknown>)[key])}`).join(' ')}]`;
	}

	return `${value as number | boolean}`;
};

/** Truth in Go templates: not the zero value of its type. */
export const isTrue = (value: unknown): boolean => {
	if (Array.isArray(value)) {
		return value.length > 0;
	}

	return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
};

/** An element of a list or a map; a map's own keys only. */
export const member = (value: unknown, key: unknown): unknown => {
	if (Array.isArray(value)) {
		return value[Number(key)];
	}

	return typeof value === 'object' && value !== null && Object.hasOwn(value, String(key)) ? (value as Record<string, unknown>)[String(key)] : undefined;
};

const lengthOf = (value: unknown): number => {
	if (typeof value === 'string' || Array.isArray(value)) {
		return value.length;
	}

	return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
};

const printf = (format: unknown, ...values: readonly unknown[]): string => {
	let index = 0;
	return show(format).replaceAll(/%(?<width>-?\d*)(?<verb>[%dqsv])/gv, (_, width: string, verb: string) => {
		if (verb === '%') {
			return '%';
		}

		const value = values[index++];
		const text = verb === 'q' ? JSON.stringify(show(value)) : show(value);
		return width.startsWith('-') ? text.padEnd(Number(width.slice(1))) : text.padStart(Number(width));
	});
};

const compare = (left: unknown, right: unknown) => typeof left === 'number' && typeof right === 'number' ? left - right : (show(left) < show(right) ? -1 : Number(show(left) > show(right)));

/** The functions of Go's templates and of Docker's `--format`. */
export const functions: Readonly<Record<string, (...values: readonly unknown[]) => unknown>> = {
	json: value => JSON.stringify(value) ?? 'null',
	join: (list, separator) => (Array.isArray(list) ? list : []).map(item => show(item)).join(show(separator)),
	split: (text, separator) => show(text).split(show(separator)),
	upper: text => show(text).toUpperCase(),
	lower: text => show(text).toLowerCase(),
	title: text => show(text).replaceAll(/(?<=^|\s)\S/gv, letter => letter.toUpperCase()),
	truncate: (text, length) => show(text).slice(0, Number(length)),
	index(value, ...keys) {
		let found = value;
		for (const key of keys) {
			found = member(found, key);
		}

		return found;
	},
	len: value => lengthOf(value),
	print: (...values) => values.map(value => show(value)).join(''),
	println: (...values) => `${values.map(value => show(value)).join(' ')}\n`,
	printf,
	not: value => !isTrue(value),
	and: (...values) => values.find(value => !isTrue(value)) ?? values.at(-1),
	or: (...values) => values.find(value => isTrue(value)) ?? values.at(-1),
	eq: (left, ...right) => right.some(value => compare(left, value) === 0),
	ne: (left, right) => compare(left, right) !== 0,
	lt: (left, right) => compare(left, right) < 0,
	le: (left, right) => compare(left, right) <= 0,
	gt: (left, right) => compare(left, right) > 0,
	ge: (left, right) => compare(left, right) >= 0,
};
