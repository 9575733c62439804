import type {Filters} from '../engine/resources.js';
import type {TerminalSize} from '../engine/sessions.js';
import {HolmError} from '../engine/errors.js';
import {fieldsOf} from '../wire/fields.js';
import {parseJson} from '../wire/json.js';
import {decodeMoment} from '../wire/times.js';

/** The query parameters of a request, read by name and checked; every method throws `invalid`. */
export type Query = {
	/** The last value of each parameter. */
	readonly raw: Readonly<Record<string, string>>;
	/** Undefined if missing or empty. */
	text: (key: string) => string | undefined;
	/** As in Docker: any value but the empty one, `0`, `no`, `false` and `none` is true. */
	flag: (key: string, isTrueByDefault?: boolean) => boolean;
	/** Undefined if missing or empty. */
	wholeNumber: (key: string) => number | undefined;
	/** Milliseconds since the epoch. */
	moment: (key: string) => number | undefined;
	all: (key: string) => string[];
	/** Dockerfile instructions: Docker's clients send one parameter for each, others one text with all of them. */
	changes: () => readonly string[];
	/** A JSON object of strings; null values are left out. */
	textMap: (key: string) => Record<string, string>;
	filters: () => Filters;
	/** `h` and `w`: rows and columns. */
	size: () => TerminalSize;
};

/** The kernel stores rows and columns in 16 bits each. */
const maximumSide = 65_535;

const negations = new Set(['', '0', 'no', 'false', 'none']);

/** Docker's filters: `{"label": ["a=b"]}`, or `{"label": {"a=b": true}}` from older clients. */
const decodeFilters = (text: string | undefined): Filters => {
	if (text === undefined) {
		return {};
	}

	const fields = fieldsOf(parseJson(text, 'filters'), 'filters');
	return Object.fromEntries(Object.entries(fields.raw).map(([key, values]) => [
		key,
		Array.isArray(values) ? fields.texts(key) : fields.names(key),
	]));
};

/** Throws `invalid` for a parameter with a zero byte, which would truncate a path or an argument. */
export const createQuery = (parameters: URLSearchParams): Query => {
	const broken = parameters.entries().find(entry => entry.join('').includes('\0'));
	if (broken) {
		throw new HolmError('invalid', `the parameter ${JSON.stringify(broken[0].slice(0, 64))} has a zero byte`);
	}

	const text = (key: string) => parameters.get(key) || undefined;
	const all = (key: string) => parameters.getAll(key).filter(Boolean);
	const wholeNumber = (key: string) => {
		const found = text(key);
		const number = Number(found);
		if (found !== undefined && (!/^-?\d{1,15}$/v.test(found) || !Number.isSafeInteger(number))) {
			throw new HolmError('invalid', `${key} must be a whole number, not ${JSON.stringify(found.slice(0, 64))}`);
		}

		return found === undefined ? undefined : number;
	};

	return {
		raw: Object.fromEntries(parameters),
		text,
		flag(key, isTrueByDefault = false) {
			const value = parameters.get(key);
			return value === null ? isTrueByDefault : !negations.has(value.trim().toLowerCase());
		},
		wholeNumber,
		moment: key => decodeMoment(text(key), key),
		all,
		changes: () => all('changes').flatMap(given => given.split('\n')).filter(line => line.trim() !== ''),
		textMap(key) {
			const found = text(key);
			const {raw} = fieldsOf(found === undefined ? {} : parseJson(found, key), key);
			const given = Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== null));
			return fieldsOf({[key]: given}).textMap(key);
		},
		filters: () => decodeFilters(text('filters')),
		size() {
			const rows = wholeNumber('h') ?? 0;
			const columns = wholeNumber('w') ?? 0;
			if (rows < 1 || columns < 1 || rows > maximumSide || columns > maximumSide) {
				throw new HolmError('invalid', `a terminal cannot have ${rows} rows and ${columns} columns`);
			}

			return {rows, columns};
		},
	};
};
