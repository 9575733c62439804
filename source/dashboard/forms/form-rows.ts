import {windowStart} from '../state/list-state.js';
import {clean, wrapWords} from '../../text/fit.js';
import {focusedField, type Field, type FormState} from './form-state.js';

/** A row of a form: a field, or a line of the error of the field above it. */
export type FormRow =
	| {readonly type: 'field'; readonly field: Field}
	| {readonly type: 'error'; /** None for an error of the whole form. */ readonly field?: Field; readonly text: string};

/** The error of a field; undefined until the field has text, was left, or the form was submitted. */
export const visibleError = (form: FormState, errors: Readonly<Record<string, string>>, name: string): string | undefined => {
	const {values, visited, isSubmitted} = form;
	const isShown = isSubmitted || visited.has(name) || (name === focusedField(form).name && (values[name] ?? '') !== '');
	return isShown ? errors[name] : undefined;
};

/** All rows of a form. Errors have rows of their own, so that fields keep the full width. */
export const formRows = (form: FormState, errors: Readonly<Record<string, string>>, width: number): readonly FormRow[] =>
	[...form.definition.fields.flatMap((field): readonly FormRow[] => {
		const error = visibleError(form, errors, field.name);
		return [
			{type: 'field', field},
			...(error === undefined ? [] : wrapWords(clean(error), width).map((text): FormRow => ({type: 'error', field, text}))),
		];
	}), ...(errors[''] === undefined ? [] : wrapWords(clean(errors['']), width).map((text): FormRow => ({type: 'error', text})))];

/** The rows that fit, among them the focused field and its error. */
export const visibleRows = (rows: readonly FormRow[], focused: string, room: number): readonly FormRow[] => {
	const first = rows.findIndex(({field}) => field?.name === focused);
	const last = rows.findLastIndex(({field}) => field?.name === focused);
	const start = Math.min(first, windowStart(last, room, rows.length));
	return rows.slice(start, start + room);
};
