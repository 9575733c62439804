import {HolmError} from '../../../engine/errors.js';
import {isEmpty, type FieldRule, type FieldTable} from './rule.js';

type Finding = {readonly name: string; readonly value: unknown; readonly rule: FieldRule};

const unknown: FieldRule = {support: 'hint', reason: 'the engine does not know it'};

const unknownRefused: FieldRule = {...unknown, support: 'refused', remedy: 'leave it out'};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const insides = ({shape}: FieldRule, value: unknown): readonly unknown[] => {
	if (shape === 'list') {
		return Array.isArray(value) ? value : [];
	}

	return shape === 'map' && isObject(value) ? Object.values(value) : [value];
};

/** The rule of a field; the case of its name does not matter. */
const ruleOf = (table: FieldTable, key: string): FieldRule | undefined => {
	const name = Object.hasOwn(table, key) ? key : Object.keys(table).find(other => other.toLowerCase() === key.toLowerCase());
	return name === undefined ? undefined : table[name];
};

/** Everything in an object that a table does not honour. Fields of the wrong type are left to the decoding. */
const findIn = (table: FieldTable, value: unknown, prefix: string): readonly Finding[] => isObject(value)
	? Object.entries(value).flatMap(([key, item]): readonly Finding[] => {
		const rule = ruleOf(table, key);
		const name = `${prefix}${key}`.slice(0, 100);
		if (rule === undefined) {
			return isEmpty(item) ? [] : [{name, value: item, rule: unknown}];
		}

		const own = rule.isAffected?.(item) ? [{name, value: item, rule}] : [];
		return [...own, ...rule.inside ? insides(rule, item).flatMap(inner => findIn(rule.inside!, inner, `${name}.`)) : []];
	})
	: [];

const distinct = (texts: readonly string[]) => [...new Set(texts)];

/** A short text, as part of a message. */
const shown = (value: unknown) => typeof value === 'string' && value !== '' ? `=${JSON.stringify(value.slice(0, 60)).slice(1, -1)}` : '';

/** The error for fields that are refused: one names them all. */
const refusalOf = (found: readonly Finding[]): HolmError => {
	const lines = new Map(found.map(({name, value, rule}) => [`${name}${shown(value)}`, rule]));
	if (lines.size === 1) {
		const [[name, {reason, remedy}]] = [...lines] as [[string, FieldRule]];
		return new HolmError('unsupported', `${name} is not supported: ${reason}`, {remedy});
	}

	return new HolmError('unsupported', `${lines.size} settings are not supported: ${[...lines].map(([name, {reason}]) => `${name} (${reason})`).join(', ')}`, {
		remedy: distinct([...lines.values()].flatMap(({remedy}) => remedy ?? [])).join('; '),
	});
};

/** Throws `unsupported` for what is refused. */
const warningsOf = (found: readonly Finding[]): readonly string[] => {
	const refusals = found.filter(({rule}) => rule.support !== 'hint');
	if (refusals.length > 0) {
		throw refusalOf(refusals);
	}

	return distinct(found.map(({name, rule}) => `${JSON.stringify(name).slice(1, -1)} has no effect: ${rule.reason}`));
};

/**
Checks an object of Docker's API against the rules of its fields.

Throws `unsupported` for what is refused, naming all of it; returns a warning for each hint and each unknown field.
*/
export const checkFields = (table: FieldTable, value: unknown): readonly string[] => warningsOf(findIn(table, value, ''));

/**
Checks an object of Docker's API whose answer has no warnings: also refuses fields that the engine does not know.

Results of an engine, which clients send back, are left out; the reference has them as hints.
*/
export const checkFieldsStrictly = (table: FieldTable, value: unknown): void => {
	warningsOf(findIn(table, value, '').map(finding => finding.rule === unknown ? {...finding, rule: unknownRefused} : finding));
};
