import type {Snapshot} from '../../engine/snapshot.js';
import type {ContainerConfiguration, NetworkConfiguration} from '../../engine/resources.js';
import {narrow} from './fuzzy.js';
import {quoteWord} from './words.js';

export type Field = {
	readonly name: string;
	readonly label: string;
	/** Placeholder of an empty field. */
	readonly hint: string;
	readonly type: 'text' | 'switch';
	/** What the field can have; typing narrows it. */
	readonly choices?: (snapshot: Snapshot) => readonly string[];
	/** Its value is several words, each of which is a choice. */
	readonly isList?: true;
};

export type Values = Readonly<Record<string, string>>;

/** What a submitted form asks for. */
export type Request =
	| {readonly type: 'container'; readonly configuration: ContainerConfiguration; readonly isStarted: boolean}
	| {readonly type: 'network'; readonly configuration: NetworkConfiguration}
	| {readonly type: 'volume'; readonly configuration: {readonly name?: string; readonly labels: Readonly<Record<string, string>>}}
	| {readonly type: 'build'; /** Relative to the working directory. */ readonly directory: string; readonly tag: string};

export type FormDefinition = {
	readonly title: string;
	readonly fields: readonly Field[];
	/** The words of the equivalent command line, after `holm`. */
	readonly commandLine: (values: Values) => readonly string[];
	/** Error messages by field name; `''` for those of no field. */
	readonly validate: (values: Values, snapshot: Snapshot) => Readonly<Record<string, string>>;
	/** Throws a `HolmError` if the values are invalid. */
	readonly request: (values: Values) => Request;
};

/** It stands until the values change. */
type Refusal = {readonly text: string; readonly value: string};

export type FormState = {
	readonly definition: FormDefinition;
	readonly values: Values;
	/** Index of the field. */
	readonly focus: number;
	/** Names of the fields that were left; their errors are shown. */
	readonly visited: ReadonlySet<string>;
	/** Names of the fields whose value was filled in and not edited yet; typing replaces it. */
	readonly defaults: ReadonlySet<string>;
	/** Characters between the cursor and the end of the field. */
	readonly fromEnd: number;
	/** Index of the choice that was picked; undefined until one is. */
	readonly picked?: number;
	/** Why the engine refused values, by field name; `''` for those of no field. */
	readonly refusals: Readonly<Record<string, Refusal>>;
	/** Grows when a completion changes a value, to move the field's cursor to its end. */
	readonly revision: number;
	/** Shows the errors of all fields. */
	readonly isSubmitted: boolean;
};

export type FormAction =
	| {readonly type: 'change'; readonly value: string}
	| {readonly type: 'next' | 'previous' | 'toggle' | 'left'}
	/** Picks another choice. */
	| {readonly type: 'pick'; readonly by: number; readonly snapshot: Snapshot}
	/** Moves the cursor; at the end of the field takes a choice. */
	| {readonly type: 'right'; readonly snapshot: Snapshot}
	/** `errors` are messages by field name. */
	| {readonly type: 'submit'; readonly errors: Readonly<Record<string, string>>}
	| {readonly type: 'complete'; readonly snapshot: Snapshot};

export const openForm = (definition: FormDefinition, values: Values = {}): FormState => ({
	definition,
	values: {...Object.fromEntries(definition.fields.map(({name, type}) => [name, type === 'switch' ? 'no' : ''])), ...values},
	focus: 0,
	defaults: new Set(definition.fields.filter(({name, type}) => type === 'text' && (values[name] ?? '') !== '').map(({name}) => name)),
	fromEnd: 0,
	refusals: {},
	visited: new Set(),
	revision: 0,
	isSubmitted: false,
});

export const focusedField = ({definition, focus}: FormState): Field => definition.fields[focus]!;

/** The focused field with another value, which is no default any more. */
const setValue = (state: FormState, value: string): FormState => {
	const {name} = focusedField(state);
	const {picked: _picked, ...rest} = state;
	return {
		...rest,
		values: {...state.values, [name]: value},
		defaults: new Set([...state.defaults].filter(other => other !== name)),
		fromEnd: Math.min(state.fromEnd, value.length),
	};
};

const leave = (state: FormState, by: number): FormState => {
	const {length} = state.definition.fields;
	const {picked: _picked, ...rest} = state;
	return {...rest, fromEnd: 0, visited: new Set([...state.visited, focusedField(state).name]), focus: (state.focus + by + length) % length};
};

const lastWord = (text: string): {readonly before: string; readonly word: string} => {
	const start = Math.max(text.lastIndexOf(' '), text.lastIndexOf(',')) + 1;
	return {before: text.slice(0, start), word: text.slice(start)};
};

/** The values that the focused field could have, the closest to what was typed first. */
export const completionsOf = (state: FormState, snapshot: Snapshot): readonly string[] => {
	const {name, choices, isList} = focusedField(state);
	// What was filled in narrows nothing.
	const value = state.defaults.has(name) ? '' : state.values[name] ?? '';
	const {before, word} = isList ? lastWord(value) : {before: '', word: value};
	const used = new Set(isList ? before.split(/[\s,]+/v) : []);
	return narrow(choices?.(snapshot).filter(choice => !used.has(choice)) ?? [], word, choice => choice)
		.map(choice => before + choice)
		.filter(completion => completion !== state.values[name]);
};

/** Takes the picked choice, or else the first one. */
const take = (state: FormState, snapshot: Snapshot): FormState => {
	const completion = completionsOf(state, snapshot)[state.picked ?? 0];
	return completion === undefined ? state : {...setValue(state, completion), fromEnd: 0, revision: state.revision + 1};
};

/** What is typed into a value that was filled in replaces it. */
const typed = (state: FormState, value: string): string => {
	const {name} = focusedField(state);
	const before = state.values[name] ?? '';
	if (!state.defaults.has(name)) {
		return value;
	}

	return value.startsWith(before) ? value.slice(before.length) : (value.length < before.length ? '' : value);
};

const keepDefault = (state: FormState): FormState => ({
	...state,
	defaults: new Set([...state.defaults].filter(other => other !== focusedField(state).name)),
});

/** The form with the reason why the engine refused it, at the field whose value the reason names. */
export const refusedForm = (state: FormState, message: string, remedy?: string): FormState => {
	const {definition: {fields}, values} = state;
	const wordsOf = (value: string) => value.split(/[\s,]+/v).flatMap(word => [word, ...word.split(':')]).filter(word => word.length > 1);
	const named = fields.flatMap(({name, type}, index) => {
		const words = type === 'text' ? wordsOf(values[name] ?? '') : [];
		const length = Math.max(0, ...words.filter(word => message.includes(word)).map(word => word.length));
		return length > 0 ? [{name, index, length}] : [];
	}).toSorted((a, b) => b.length - a.length)[0];
	const name = named?.name ?? '';
	const text = remedy === undefined ? message : `${message} (${remedy})`;
	return {
		...state,
		isSubmitted: true,
		focus: named?.index ?? state.focus,
		fromEnd: 0,
		revision: state.revision + 1,
		refusals: {...state.refusals, [name]: {text, value: refusalKey(values, name)}},
	};
};

const refusalKey = (values: Values, name: string): string => name === '' ? JSON.stringify(values) : values[name] ?? '';

/** Error messages by field name: of the values, and of what the engine refused. */
export const formErrors = ({definition, values, refusals}: FormState, snapshot: Snapshot | undefined): Readonly<Record<string, string>> => {
	const refused = Object.entries(refusals)
		.filter(([name, {value}]) => refusalKey(values, name) === value)
		.map(([name, {text}]) => [name, text] as const);
	return {...Object.fromEntries(refused), ...snapshot && definition.validate(values, snapshot)};
};

/** The equivalent command line. */
export const commandOf = ({definition, values}: Pick<FormState, 'definition' | 'values'>): string => {
	try {
		return `holm ${definition.commandLine(values).map(word => quoteWord(word)).join(' ')}`;
	} catch {
		// A quote is not closed yet.
		return 'holm …';
	}
};

const moveLeft = (state: FormState): FormState => {
	const {name} = focusedField(state);
	return state.defaults.has(name) ? keepDefault(state) : {...state, fromEnd: Math.min(state.fromEnd + 1, (state.values[name] ?? '').length)};
};

const moveRight = (state: FormState, snapshot: Snapshot): FormState => {
	if (state.fromEnd > 0) {
		return {...state, fromEnd: state.fromEnd - 1};
	}

	return state.defaults.has(focusedField(state).name) && state.picked === undefined ? keepDefault(state) : take(state, snapshot);
};

export const reduceForm = (state: FormState, action: FormAction): FormState => {
	switch (action.type) {
		case 'change': {
			return focusedField(state).type === 'text' ? setValue(state, typed(state, action.value)) : state;
		}

		case 'next': {
			return leave(state, 1);
		}

		case 'previous': {
			return leave(state, -1);
		}

		case 'toggle': {
			const {type, name} = focusedField(state);
			return type === 'switch' ? setValue(state, state.values[name] === 'yes' ? 'no' : 'yes') : state;
		}

		case 'left': {
			return moveLeft(state);
		}

		case 'right': {
			return moveRight(state, action.snapshot);
		}

		case 'pick': {
			const {length} = completionsOf(state, action.snapshot);
			const before = state.picked ?? (action.by > 0 ? -1 : 0);
			return length === 0 ? state : {...state, picked: (before + action.by + length) % length};
		}

		case 'complete': {
			return take(state, action.snapshot);
		}

		case 'submit': {
			const wrong = state.definition.fields.findIndex(({name}) => Object.hasOwn(action.errors, name));
			return {...state, isSubmitted: true, focus: wrong === -1 ? state.focus : wrong};
		}
	}
};
