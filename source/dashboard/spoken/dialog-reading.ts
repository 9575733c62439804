import type {Data, Setting, View} from '../work/controller.js';
import type {Failure} from '../work/execute.js';
import {visibleError} from '../forms/form-rows.js';
import {
	commandOf,
	completionsOf,
	focusedField,
	formErrors,
	type Field,
	type FormState,
} from '../forms/form-state.js';
import {foundBy} from '../jump/jump-state.js';
import {activeMaps} from '../keys/active-maps.js';
import {describeKey, type Binding} from '../keys/keys.js';
import {commandsOf, stepsOf, type Plan} from '../work/plan.js';
import {stepTitle} from '../work/result.js';
import type {Dialog} from '../state/ui-state.js';
import type {Reading} from './reading.js';
import {count, sentence} from './words.js';

type Of<Type extends Dialog['type']> = Extract<Dialog, {type: Type}>;

const planSentences = (plan: Plan, changes: readonly string[]): readonly string[] => {
	const steps = stepsOf(plan);
	return [
		...changes.length === 0 ? [] : [sentence('Changed since you were asked', ...changes)],
		...steps.flatMap((step, index) => [
			...steps.length === 1 ? [] : [`Step ${index + 1} of ${steps.length}: ${stepTitle(step)}`],
			...step.items.map(({name, details}) => sentence(name, ...details)),
		]),
		...plan.consequences,
		...commandsOf(plan).map(command => `Command line: ${command}`),
	];
};

const confirmReading = ({plan, isAccepting, changes = []}: Of<'confirm'>): Reading => {
	const lines = planSentences(plan, changes);
	return {
		key: `confirm ${plan.title} ${stepsOf(plan).flatMap(({items}) => items.map(({id}) => id)).join(' ')}`,
		heading: `Question: ${plan.title}`,
		opening: lines,
		cursor: {id: String(isAccepting), text: `Answer: ${isAccepting ? plan.accept : 'Cancel'}. Enter confirms, Tab changes the answer, y is ${plan.accept}, Escape is Cancel`},
		whole: () => lines,
	};
};

const failureSentences = (failures: readonly Failure[]) => failures.flatMap(({name, message, remedy}) => [failures.length > 1 ? `${name}: ${message}` : message, ...(remedy === undefined ? [] : [remedy])]);

const lineReading = (key: string, heading: string, lines: readonly string[], top: number): Reading => {
	const row = Math.min(top, lines.length - 1);
	return {key, heading, opening: lines, cursor: {id: String(row), text: lines[row] ?? '', isInOpening: true}, whole: () => lines};
};

const keyText = ({keys, title}: Binding) => `${keys.map(key => describeKey(key, true)).join(' or ')}: ${title}`;

const chooseReading = ({title, choices, index}: Of<'choose'>): Reading => ({
	key: `choose ${title}`,
	heading: `Question: ${title.replace(/\?$/v, '')}? ${count(choices.length, 'answer')}, up and down move, Enter selects, Escape closes`,
	opening: [],
	cursor: {id: String(index), text: sentence(choices[index]?.label.replaceAll(/ {2,}/gv, ', '), `${index + 1} of ${choices.length}`)},
	whole: () => choices.map(({label}) => label),
});

const jumpReading = (dialog: Of<'jump'>, {getState}: View): Reading => {
	const {text, index} = dialog;
	const {entries, count: all} = foundBy(dialog, getState());
	const entryText = ({kind, label, detail}: typeof entries[number]) => sentence(`${kind} ${label}`, detail.replaceAll(/ {2,}/gv, ', '));
	const entry = entries[index];
	return {
		key: 'jump',
		heading: 'Question: jump where? Type letters of a name, an address, a port, a view or an action, up and down move, Enter goes there, Escape closes',
		opening: [],
		cursor: {id: `${index} ${text}`, text: entry ? sentence(entryText(entry), `${index + 1} of ${all}`) : 'Nothing matches'},
		whole: () => entries.map(each => entryText(each)),
	};
};

const fieldText = ({label, hint, type, name}: Field, form: FormState, error: string | undefined): string => {
	const {values, defaults, definition: {fields}} = form;
	const value = values[name] ?? '';
	return sentence(
		`${label}: ${value === '' ? 'empty' : value}`,
		type === 'switch' ? 'Space changes it' : (value === '' && hint !== '' && `hint: ${hint}`),
		defaults.has(name) && 'typing replaces it',
		error && `error: ${error}`,
		`question ${fields.findIndex(field => field.name === name) + 1} of ${fields.length}`,
	);
};

const choiceText = (form: FormState, completions: readonly string[]): string | undefined => {
	const {values, defaults, picked} = form;
	const {name} = focusedField(form);
	if (picked !== undefined) {
		return sentence(completions[picked] ?? '', `choice ${picked + 1} of ${completions.length}`, 'Enter takes it');
	}

	return completions[0] === undefined || (values[name] ?? '') === '' || defaults.has(name) ? undefined : `right takes ${completions[0]}`;
};

const formReading = (form: FormState, controller: Data): Reading => {
	const {snapshot} = controller.store.getState();
	const {definition: {title, fields}, values, revision, isSubmitted, picked} = form;
	const errors = formErrors(form, snapshot);
	const focused = focusedField(form);
	const error = isSubmitted || form.visited.has(focused.name) ? visibleError(form, errors, focused.name) : undefined;
	const choice = choiceText(form, snapshot ? completionsOf(form, snapshot) : []);
	const whole = errors[''];
	return {
		key: `form ${title}`,
		heading: sentence(
			`${title}, ${count(fields.length, 'question')}. Tab and down move on, Shift Tab and up move back, Control N picks a choice, Enter submits, Escape cancels, Control L reads the whole form`,
			whole && `error: ${whole}`,
		),
		opening: [],
		cursor: {
			id: [focused.name, revision, error, focused.type === 'switch' ? values[focused.name] : '', choice].join('\u{1F}'),
			text: picked === undefined ? sentence(fieldText(focused, form, error), choice) : choice ?? '',
		},
		whole: () => [
			...fields.map(field => fieldText(field, form, visibleError(form, errors, field.name))),
			...whole === undefined ? [] : [`Error: ${whole}`],
			`Command line: ${commandOf(form)}`,
		],
	};
};

/** The open dialog in words. */
export const dialogReading = (dialog: Dialog, controller: View & Data & Setting): Reading => {
	switch (dialog.type) {
		case 'confirm': {
			return confirmReading(dialog);
		}

		case 'failures': {
			return lineReading(`failures ${dialog.title}`, `${dialog.title}; Enter closes`, failureSentences(dialog.failures), 0);
		}

		case 'help': {
			const lines = activeMaps(controller).flat().filter(({keys}) => keys.length > 0).map(binding => keyText(binding));
			return lineReading('help', `${count(lines.length, 'key')} work here; Escape closes`, lines, dialog.top);
		}

		case 'choose': {
			return chooseReading(dialog);
		}

		case 'report': {
			return lineReading(`report ${dialog.title}`, `${dialog.title}; Escape closes`, dialog.lines.map(line => line.trim()), dialog.top);
		}

		case 'jump': {
			return jumpReading(dialog, controller);
		}

		case 'form': {
			return formReading(dialog.form, controller);
		}
	}
};
