import type {Snapshot} from '../../engine/snapshot.js';
import type {ContainerConfiguration, NetworkConfiguration} from '../../engine/resources.js';
import {quoteWord} from './words.js';

export type Field = {
	readonly name: string;
	readonly label: string;
	/** What may stand there, in grey while nothing does. */
	readonly hint: string;
	readonly type: 'text' | 'switch';
	/** Completions of what was typed so far, best first. */
	readonly complete?: (value: string, snapshot: Snapshot) => readonly string[];
};

export type Values = Readonly<Record<string, string>>;

/** What a form that is filled in asks for. */
export type Request =
	| {readonly type: 'container'; readonly configuration: ContainerConfiguration; readonly isStarted: boolean}
	| {readonly type: 'network'; readonly configuration: NetworkConfiguration}
	| {readonly type: 'volume'; readonly configuration: {readonly name?: string; readonly labels: Readonly<Record<string, string>>}}
	| {readonly type: 'build'; /** From the working directory on. */ readonly directory: string; readonly tag: string};

export type FormDefinition = {
	readonly title: string;
	readonly fields: readonly Field[];
	/** The words of the command line that does the same, after `holm`. */
	readonly commandLine: (values: Values) => readonly string[];
	/** By the name of the field; `''` for what belongs to none. */
	readonly validate: (values: Values, snapshot: Snapshot) => Readonly<Record<string, string>>;
	/** Throws a `HolmError` where the values ask for nothing. */
	readonly request: (values: Values) => Request;
};

export type FormState = {
	readonly definition: FormDefinition;
	readonly values: Values;
	/** Index of the field. */
	readonly focus: number;
	/** Names of the fields that were left, whose errors are shown. */
	readonly visited: ReadonlySet<string>;
	/** Grows when a value was changed other than by typing, after which the field's cursor belongs at its end. */
	readonly revision: number;
	/** Errors of all fields are shown. */
	readonly isSubmitted: boolean;
};

export type FormAction =
	| {readonly type: 'change'; readonly value: string}
	| {readonly type: 'next' | 'previous' | 'toggle'}
	/** With what is wrong, by the name of the field. */
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

/** The command line that does the same as the form. */
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
