import {Buffer} from 'node:buffer';
import {HolmError} from '../../engine/errors.js';

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

/** The value in the form of one verb of `fmt`. */
const formatted = (value: unknown, verb: string, precision: string | undefined): string => {
	const digits = precision === undefined ? undefined : Number(precision);
	switch (verb) {
		case 'q': {
			return JSON.stringify(show(value).slice(0, digits));
		}

		case 's':
		case 'v': {
			return typeof value === 'string' ? value.slice(0, digits) : show(value);
		}

		case 'f': {
			return Number(value).toFixed(Math.min(digits ?? 6, 100));
		}

		case 'x': {
			return typeof value === 'number' ? value.toString(16) : Buffer.from(show(value)).toString('hex');
		}

		case 'd':
		case 't': {
			return show(value);
		}

		default: {
			return `%!${verb}(${show(value)})`;
		}
	}
};

/** Columns of a padded value at most. */
const widestPadding = 1000;

const printf = (format: unknown, ...values: readonly unknown[]): string => {
	let index = 0;
	return show(format).replaceAll(/%(?<flags>[\-+#0 ]*)(?<width>(?:[1-9]\d*)?)(?:\.(?<precision>\d*))?(?<verb>[%A-Za-z])/gv, (...match) => {
		const {flags = '', width = '', precision, verb = ''} = match.at(-1) as {readonly flags?: string; readonly width?: string; readonly precision?: string; readonly verb?: string};
		if (verb === '%') {
			return '%';
		}

		const text = index < values.length ? formatted(values[index++], verb, precision) : `%!${verb}(MISSING)`;
		const columns = Math.min(Number(width), widestPadding);
		return flags.includes('-') ? text.padEnd(columns) : text.padStart(columns, flags.includes('0') && verb !== 's' ? '0' : ' ');
	});
};

const htmlEscapes: Readonly<Record<string, string>> = {
	'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', '\'': '&#39;', '\0': '\u{FFFD}',
};

const slice = (value: unknown, ...bounds: readonly unknown[]): unknown => {
	const [start = 0, end = lengthOf(value)] = bounds.map(Number);
	if (typeof value !== 'string' && !Array.isArray(value)) {
		throw new HolmError('invalid', `template: cannot slice ${show(value)}`, {remedy: 'slice takes a text or a list'});
	}

	if (!(start >= 0 && start <= end && end <= value.length)) {
		throw new HolmError('invalid', `template: slice bounds ${start} to ${end} are not within ${value.length}`, {remedy: 'give bounds within its length'});
	}

	return value.slice(start, end);
};

const pad = (text: unknown, before: unknown, after: unknown): string => {
	const spaces = (count: unknown) => ' '.repeat(Math.max(0, Math.min(Number(count) || 0, widestPadding)));
	return text === '' ? '' : spaces(before) + show(text) + spaces(after);
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

		// In Go, a key that a map lacks has the zero value, which for texts is empty.
		return found ?? '';
	},
	slice,
	pad,
	html: (...values) => values.map(value => show(value)).join('').replaceAll(/[&<>"'\0]/gv, character => htmlEscapes[character]!),
	urlquery: (...values) => encodeURIComponent(values.map(value => show(value)).join('')).replaceAll('%20', '+'),
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
