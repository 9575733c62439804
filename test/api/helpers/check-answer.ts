import {definitions, describedVersions, type Shape} from '../answer-shapes.js';

type Fields = Readonly<Record<string, Shape>>;

const [oldest, newest] = describedVersions;

/** `Name!@46+` is the name, whether it is required, and the versions that have it. */
export const parseField = (key: string) => {
	const {name, required, from, dash, to} = /^(?<name>[^!@]+)(?<required>!?)(?:@(?<from>\d+)(?:(?<dash>[\-+])(?<to>\d+)?)?)?$/v.exec(key)!.groups!;
	const isUntil = dash === '-' && to === undefined;
	return {
		name: name!,
		isRequired: required === '!',
		first: from === undefined || isUntil ? oldest : Number(from),
		last: from === undefined || dash === '+' ? newest : Number(to ?? from),
	};
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

const typeOf = (value: unknown): string => Array.isArray(value) ? 'list' : typeof value;

const basic: Readonly<Record<string, (value: unknown) => boolean>> = {
	any: () => true,
	string: value => typeof value === 'string',
	boolean: value => typeof value === 'boolean',
	number: value => typeof value === 'number',
	integer: value => Number.isInteger(value),
	object: isObject,
};

/**
What an answer has that the published schema has not, and the reverse, each once: `Volume.Holm unknown`, `ImageSummary.Labels missing`, `HostConfig.Binds null`.

A field is `missing` if it is required and `absent` if it is not; other findings name what stands there.
*/
export const checkAnswer = (shape: Shape, value: unknown, minorVersion: number, where = 'answer'): ReadonlySet<string> => {
	const findings = new Set<string>();

	const checkFields = (fields: Fields, object: Readonly<Record<string, unknown>>, place: string) => {
		const known = Object.entries(fields)
			.map(([key, type]) => ({...parseField(key), type}))
			.filter(({first, last}) => first <= minorVersion && minorVersion <= last);
		const others = known.find(({name}) => name === '*');
		for (const [name, item] of Object.entries(object)) {
			const field = known.find(one => one.name === name) ?? others;
			if (field) {
				check(field.type, item, field === others ? place : `${place}.${name}`);
			} else {
				findings.add(`${place}.${name} unknown`);
			}
		}

		for (const {name, isRequired} of known) {
			if (name !== '*' && !Object.hasOwn(object, name)) {
				findings.add(`${place}.${name} ${isRequired ? 'missing' : 'absent'}`);
			}
		}
	};

	const checkText = (type: string, item: unknown, place: string): void => {
		if (type.endsWith('?')) {
			if (item !== null) {
				checkText(type.slice(0, -1), item, place);
			}
		} else if (type.startsWith('#')) {
			const name = type.slice(1);
			check(definitions[name]!, item, item === null ? place : name);
		} else if (item === null) {
			findings.add(`${place} null`);
		} else if (type.startsWith('=')) {
			if (typeof item !== 'string' || !type.slice(1).split('|').includes(item)) {
				findings.add(`${place} ${JSON.stringify(item)}`);
			}
		} else if (!basic[type]!(item)) {
			findings.add(`${place} ${typeOf(item)}`);
		}
	};

	const check = (type: Shape, item: unknown, place: string): void => {
		if (typeof type === 'string') {
			checkText(type, item, place);
		} else if ('?' in type) {
			if (item !== null) {
				check((type as Fields)['?']!, item, place);
			}
		} else if (item === null) {
			findings.add(`${place} null`);
		} else if (Array.isArray(type) && Array.isArray(item)) {
			for (const one of item) {
				check(type[0] as Shape, one, place);
			}
		} else if (!Array.isArray(type) && isObject(item)) {
			checkFields(type as Fields, item, place);
		} else {
			findings.add(`${place} ${typeOf(item)}`);
		}
	};

	check(shape, value, where);
	return findings;
};
