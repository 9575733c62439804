import {HolmError} from '../engine/errors.js';

/** A JSON object whose fields are read by name and checked; other fields are ignored. */
export type Fields = {
	readonly raw: Readonly<Record<string, unknown>>;
	/** Default the empty string. */
	text: (key: string) => string;
	/** Undefined if the field is missing, null or empty. */
	optionalText: (key: string) => string | undefined;
	/** A finite number; default 0. */
	number: (key: string) => number;
	optionalNumber: (key: string) => number | undefined;
	/** Default false. */
	flag: (key: string) => boolean;
	texts: (key: string) => string[];
	textMap: (key: string) => Record<string, string>;
	has: (key: string) => boolean;
	object: (key: string) => Fields;
	objects: (key: string) => Fields[];
	/** The entries of a map whose values are objects; a null value is an empty object. */
	map: (key: string) => ReadonlyArray<readonly [string, Fields]>;
	/** The entries of a map whose values are lists of objects or null. */
	lists: (key: string) => ReadonlyArray<readonly [string, readonly Fields[]]>;
	/** The names of a map, whatever their values; Docker writes sets this way. */
	names: (key: string) => string[];
};

const wrong = (field: string, wanted: string) => new HolmError('invalid', `${field || 'the body'} must be ${wanted}`);

const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

const asText = (value: unknown, field: string): string => {
	if (typeof value !== 'string') {
		throw wrong(field, 'a string');
	}

	return value;
};

const asList = (value: unknown, field: string): unknown[] => {
	if (!Array.isArray(value)) {
		throw wrong(field, 'a list');
	}

	return value;
};

/** The entry of a name; with `isAnyCase`, of one that differs only in case, unless the name itself is there. */
const entryOf = (raw: Readonly<Record<string, unknown>>, key: string, isAnyCase: boolean): unknown => {
	if (Object.hasOwn(raw, key)) {
		return raw[key];
	}

	const other = isAnyCase ? Object.keys(raw).find(name => name.toLowerCase() === key.toLowerCase()) : undefined;
	return other === undefined ? undefined : raw[other];
};

/**
Reads `value`, which must be an object; null counts as an empty one, because Go writes empty maps and pointers as null.

Every method treats a null field as a missing one and throws `invalid`, naming the field, for a value of the wrong type. With `isAnyCase`, the case of a field's name does not matter, as in Go's decoding of requests.
*/
export const fieldsOf = (value: unknown, where = '', isAnyCase = false): Fields => {
	const raw = value ?? {};
	if (!isObject(raw)) {
		throw wrong(where, 'an object');
	}

	const nameOf = (key: string) => where ? `${where}.${key}` : key;
	const read = <Value>(key: string, missing: Value, check: (value: unknown, field: string) => Value): Value => {
		const found = entryOf(raw, key, isAnyCase);
		return found === undefined || found === null ? missing : check(found, nameOf(key));
	};

	const entries = (key: string) => read<Array<[string, unknown]>>(key, [], (found, field) => {
		if (!isObject(found)) {
			throw wrong(field, 'an object');
		}

		return Object.entries(found);
	});
	const optionalNumber = (key: string) => read<number | undefined>(key, undefined, (found, field) => {
		if (typeof found !== 'number' || !Number.isFinite(found)) {
			throw wrong(field, 'a number');
		}

		return found;
	});

	return {
		raw,
		text: key => read(key, '', asText),
		optionalText: key => read<string | undefined>(key, undefined, asText) || undefined,
		number: key => optionalNumber(key) ?? 0,
		optionalNumber,
		flag: key => read(key, false, (found, field) => {
			if (typeof found !== 'boolean') {
				throw wrong(field, 'true or false');
			}

			return found;
		}),
		texts: key => read<string[]>(key, [], (found, field) => asList(found, field).map((item, index) => asText(item, `${field}[${index}]`))),
		textMap: key => Object.fromEntries(entries(key).map(([name, found]) => [name, asText(found ?? '', `${nameOf(key)}.${name}`)])),
		has: key => (entryOf(raw, key, isAnyCase) ?? undefined) !== undefined,
		object: key => fieldsOf(entryOf(raw, key, isAnyCase), nameOf(key), isAnyCase),
		objects: key => read<Fields[]>(key, [], (found, field) => asList(found, field).map((item, index) => fieldsOf(item, `${field}[${index}]`, isAnyCase))),
		map: key => entries(key).map(([name, found]) => [name, fieldsOf(found, `${nameOf(key)}.${name}`, isAnyCase)] as const),
		lists: key => entries(key).map(([name, found]) => [
			name,
			asList(found ?? [], `${nameOf(key)}.${name}`).map((item, index) => fieldsOf(item, `${nameOf(key)}.${name}[${index}]`, isAnyCase)),
		] as const),
		names: key => entries(key).map(([name]) => name),
	};
};

/** A JSON value that must be a list of objects; null counts as an empty one. */
export const fieldsOfList = (value: unknown, where = 'the body'): Fields[] =>
	asList(value ?? [], where).map((item, index) => fieldsOf(item, `${where}[${index}]`));
