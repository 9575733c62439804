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

/** How many fields that the engine does not know, and how many in all, an answer names: a request may have any number of them. */
const maximumUnknown = 8;
const maximumNamed = 100;

const isUnknown = ({reason}: FieldRule) => reason === unknown.reason;

/** What to name, and how many more there are. */
const bounded = (rules: ReadonlyMap<string, FieldRule>) => {
	let unknownOnes = 0;
	const named = [...rules].filter(([, rule]) => {
		unknownOnes += isUnknown(rule) ? 1 : 0;
		return !isUnknown(rule) || unknownOnes <= maximumUnknown;
	}).slice(0, maximumNamed);
	return {named, more: rules.size - named.length};
};

/** The error for fields that are refused: one names them, up to a limit. */
const refusalOf = (found: readonly Finding[]): HolmError => {
	const rules = new Map(found.map(({name, value, rule}) => [`${name}${shown(value)}`, rule]));
	const {named, more} = bounded(rules);
	if (rules.size === 1) {
		const [[name, {reason, remedy}]] = named as [[string, FieldRule]];
		return new HolmError('unsupported', `${name} is not supported: ${reason}`, {remedy});
	}

	const listed = named.map(([name, {reason}]) => `${name} (${reason})`).join(', ');
	return new HolmError('unsupported', `${rules.size} settings are not supported: ${listed}${more > 0 ? `, and ${more} more` : ''}`, {
		remedy: distinct(named.flatMap(([, {remedy}]) => remedy ?? [])).join('; '),
	});
};

/** Throws `unsupported` for what is refused. */
const warningsOf = (found: readonly Finding[]): readonly string[] => {
	const refusals = found.filter(({rule}) => rule.support !== 'hint');
	if (refusals.length > 0) {
		throw refusalOf(refusals);
	}

	const {named, more} = bounded(new Map(found.map(({name, rule}) => [name, rule])));
	return [
		...named.map(([name, {reason}]) => `${JSON.stringify(name).slice(1, -1)} has no effect: ${reason}`),
		...more > 0 ? [`${more} more fields have no effect`] : [],
	];
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
