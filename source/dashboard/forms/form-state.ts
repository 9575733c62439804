import type {Snapshot} from '../../engine/snapshot.js';
import type {ContainerConfiguration, NetworkConfiguration} from '../../engine/resources.js';
import {quoteWord} from './words.js';

export type Field = {
	readonly name: string;
	readonly label: string;
	/** Placeholder of an empty field. */
	readonly hint: string;
	readonly type: 'text' | 'switch';
	/** Completions of the value, best first. */
	readonly complete?: (value: string, snapshot: Snapshot) => readonly string[];
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

export type FormState = {
	readonly definition: FormDefinition;
	readonly values: Values;
	/** Index of the field. */
	readonly focus: number;
	/** Names of the fields that were left; their errors are shown. */
	readonly visited: ReadonlySet<string>;
	/** Grows when a completion changes a value, to move the field's cursor to its end. */
	readonly revision: number;
	/** Shows the errors of all fields. */
	readonly isSubmitted: boolean;
};

export type FormAction =
	| {readonly type: 'change'; readonly value: string}
	| {readonly type: 'next' | 'previous' | 'toggle'}
	/** `errors` are messages by field name. */
	| {readonly type: 'submit'; readonly errors: Readonly<Record<string, string>>}
	| {readonly type: 'complete'; readonly snapshot: Snapshot};

export const openForm = (definition: FormDefinition, values: Values = {}): FormState => ({
	definition,
	values: {...Object.fromEntries(definition.fields.map(({name, type}) => [name, type === 'switch' ? 'no' : ''])), ...values},
	focus: 0,
	visited: new Set(),
	revision: 0,
	isSubmitted: false,
});

export const focusedField = ({definition, focus}: FormState): Field => definition.fields[focus]!;

const setValue = (state: FormState, value: string): FormState => ({...state, values: {...state.values, [focusedField(state).name]: value}});

const leave = (state: FormState, by: number): FormState => {
	const {length} = state.definition.fields;
	return {...state, visited: new Set([...state.visited, focusedField(state).name]), focus: (state.focus + by + length) % length};
};

export const completionsOf = (state: FormState, snapshot: Snapshot): readonly string[] => {
	const field = focusedField(state);
	const value = state.values[field.name] ?? '';
	return field.complete?.(value, snapshot).filter(completion => completion !== value) ?? [];
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

export const reduceForm = (state: FormState, action: FormAction): FormState => {
	switch (action.type) {
		case 'change': {
			return focusedField(state).type === 'text' ? setValue(state, action.value) : state;
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

		case 'complete': {
			const [first] = completionsOf(state, action.snapshot);
			return first === undefined ? state : {...setValue(state, first), revision: state.revision + 1};
		}

		case 'submit': {
			const wrong = state.definition.fields.findIndex(({name}) => Object.hasOwn(action.errors, name));
			return {...state, isSubmitted: true, focus: wrong === -1 ? state.focus : wrong};
		}
	}
};
