import test from 'ava';
import {formRows, visibleError, visibleRows, type FormRow} from '../../../source/dashboard/forms/form-rows.js';
import {openForm, reduceForm, type FormDefinition} from '../../../source/dashboard/forms/form-state.js';
import {openApp} from '../helpers/open-app.js';

const definition: FormDefinition = {
	title: '',
	fields: ['a', 'b', 'c', 'd'].map(name => ({name, label: name, hint: '', type: 'text'})),
	commandLine: () => [],
	validate: () => ({}),
	request() {
		throw new Error('nothing is asked for');
	},
};
const described = (rows: readonly FormRow[]) => rows.map(row => row.type === 'field' ? row.field.name : `! ${row.text}`);

test('errors appear after typing, after leaving the field and after submitting', t => {
	const errors = {a: 'wrong', b: 'wrong'};
	const form = openForm(definition);
	t.is(visibleError(form, errors, 'a'), undefined);
	t.is(visibleError(reduceForm(form, {type: 'change', value: 'x'}), errors, 'a'), 'wrong');
	t.is(visibleError(reduceForm(form, {type: 'next'}), errors, 'a'), 'wrong');
	t.is(visibleError(reduceForm(form, {type: 'next'}), errors, 'b'), undefined);
	t.is(visibleError(reduceForm(form, {type: 'submit', errors}), errors, 'b'), 'wrong');
});

test('an error is below its field, wrapped to several lines', t => {
	const errors = {b: 'three words here', d: 'bad\u{1B}[2J'};
	const form = reduceForm(openForm(definition), {type: 'submit', errors});
	t.deepEqual(described(formRows(form, errors, 11)), ['a', 'b', '! three words', '! here', 'c', 'd', String.raw`! bad\x1b[2J`]);
});

test('submitting a form with errors focuses the first invalid field', t => {
	t.is(reduceForm(openForm(definition), {type: 'submit', errors: {c: 'x', d: 'x'}}).focus, 2);
	t.is(reduceForm(reduceForm(openForm(definition), {type: 'next'}), {type: 'submit', errors: {}}).focus, 1);
});

test('the focused field and its error are among the visible rows', t => {
	const errors = {a: 'x', b: 'x', c: 'one two', d: 'x'};
	const form = reduceForm(openForm(definition), {type: 'submit', errors});
	const rows = formRows(form, errors, 3);
	t.deepEqual(described(visibleRows(rows, 'c', 4)), ['! x', 'c', '! one', '! two']);
	t.deepEqual(described(visibleRows(rows, 'a', 3)), ['a', '! x', 'b']);
	t.deepEqual(described(visibleRows(rows, 'c', 2)), ['c', '! one']);
});

test('a field with an error keeps its width, also in a small terminal', async t => {
	await using app = await openApp({columns: 60, rows: 15});
	await app.shows('No containers');
	await app.press('c');
	await app.shows('New container');
	const image = 'registry.example/long-name x';
	await app.press(image);
	const text = await app.shows('an image name has no spaces');
	const lines = text.split('\n');
	const row = lines.findIndex(line => line.includes(`Image         ${image}`));
	t.true(row > 0);
	t.regex(lines[row + 1]!, /│ +an image name has no spaces +│/v);
	t.is(lines[row + 1]!.indexOf('an image'), lines[row]!.indexOf('registry'));
});

test('a field with a choice says that Space changes it', async t => {
	await using app = await openApp({columns: 80, rows: 24});
	await app.shows('No containers');
	await app.press('c');
	t.notRegex(await app.shows('New container'), /Space changes/v);
	await app.press('\u{1B}[Z');
	t.regex(await app.shows('Space changes, Enter submits, Esc cancels'), /Start it +yes/v);
	await app.press(' ');
	await app.shows(/Start it +no/v);
});
