import {Box, Text} from 'ink';
import {widthOf} from '../../text/width.js';
import {useController, useStore, useTheme} from '../frame/context.js';
import {Field} from '../frame/field.js';
import {formRows, visibleRows} from '../forms/form-rows.js';
import {
	commandOf,
	completionsOf,
	focusedField,
	formErrors,
	type Field as FieldDefinition,
	type FormState,
} from '../forms/form-state.js';
import {Lines, type Size} from '../frame/lines.js';
import {Panel} from '../frame/panel.js';
import {clean, cut, fit, wrapWords} from '../../text/fit.js';
import type {Theme} from '../frame/theme.js';
import {changeForm} from './dialog-actions.js';

const labelWidth = 14;

type ValueProps = {readonly form: FormState; readonly field: FieldDefinition; readonly width: number};

/** The value of a field. A value that does not fit shows its end, where the cursor usually is. */
const Value = ({form, field: {name, hint, type}, width}: ValueProps) => {
	const controller = useController();
	const theme = useTheme();
	const isFocused = name === focusedField(form).name;
	const value = form.values[name] ?? '';
	if (type === 'switch') {
		return <Text>{theme.paint(isFocused ? 'selected' : 'text', ` ${form.values[name] ?? 'no'} `)}</Text>;
	}

	if (!isFocused) {
		return <Text wrap='truncate'>{value || theme.paint('dim', hint)}</Text>;
	}

	const isLong = widthOf(value) >= width;
	const isDefault = form.defaults.has(name);
	const field = (
		<Field
			key={`${form.revision} ${isDefault}`}
			value={value}
			placeholder={hint}
			latest={() => {
				const {dialog} = controller.getState();
				return dialog?.type === 'form' ? dialog.form.values[focusedField(dialog.form).name] ?? '' : '';
			}}
			onChange={changed => {
				changeForm(controller, {type: 'change', value: changed});
			}}
		/>
	);
	// A value that was filled in is shown as selected, beside a field that is not seen.
	return isDefault
		? (
			<Box overflow='hidden' height={1} width={width}>
				<Box flexShrink={0}><Text wrap='truncate'>{theme.paint('selected', fit(clean(value), Math.min(widthOf(clean(value)), width), {ellipsis: theme.glyphs.ellipsis}))}</Text></Box>
				<Box overflow='hidden' height={1} width={0} flexShrink={0}>{field}</Box>
			</Box>
		)
		: (
			<Box overflow='hidden' height={1} width={width} justifyContent={isLong ? 'flex-end' : 'flex-start'}>
				<Box flexShrink={0} width={isLong ? widthOf(value) + 1 : width} height={1}>{field}</Box>
			</Box>
		);
};

/** The choices of a field around the picked one, in one line of at most `width` columns. */
const choicesLine = (choices: readonly string[], picked: number | undefined, width: number, theme: Theme): string => {
	if (choices.length === 0) {
		return ' ';
	}

	const isAscii = theme.borders.vertical === '|';
	const hint = picked === undefined ? `${isAscii ? 'Right' : '→'} takes, Ctrl-N picks: ` : 'Enter takes: ';
	const first = Math.max(0, (picked ?? 0) - 2);
	let left = width - hint.length;
	let line = theme.paint('dim', cut(hint, width));
	for (const [index, choice] of choices.slice(first).entries()) {
		const text = clean(choice);
		if (widthOf(text) + 2 > left && index > 0) {
			break;
		}

		line += theme.paint(first + index === picked ? 'selected' : 'dim', cut(text, left)) + theme.paint('dim', cut('  ', left - widthOf(text)));
		left -= widthOf(text) + 2;
	}

	return line;
};

/** A form with errors below their fields, the choices of the focused one, and the equivalent command line. */
export const Form = ({dialog: {form}, width, height}: Size & {readonly dialog: {readonly form: FormState}}) => {
	const theme = useTheme();
	const {snapshot} = useStore();
	const {definition} = form;
	const errors = formErrors(form, snapshot);
	const focused = focusedField(form);
	const completions = snapshot ? completionsOf(form, snapshot) : [];
	const command = height < 8 ? [] : wrapWords(clean(commandOf(form)), width - 4).slice(0, 3);
	const keys = focused.type === 'switch' ? 'Space changes' : (form.defaults.has(focused.name) ? 'typing replaces' : 'Tab next');
	const valueWidth = width - 4 - labelWidth;
	const rows = visibleRows(formRows(form, errors, valueWidth), focused.name, Math.max(1, height - 4 - command.length));
	return (
		<Panel title={definition.title} note={`${keys}, Enter submits, Esc cancels`} width={width} height={rows.length + command.length + 4} isFocused isOpaque>
			{rows.map((row, index) => row.type === 'error'
				? <Box key={index} marginLeft={1 + labelWidth} height={1}><Text wrap='truncate'>{theme.paint('bad', row.text)}</Text></Box>
				: (
					<Box key={row.field.name} marginLeft={1} height={1} width={width - 4}>
						<Box flexShrink={0}><Text>{theme.paint(row.field.name === focused.name ? 'key' : 'dim', fit(row.field.label, labelWidth))}</Text></Box>
						<Value form={form} field={row.field} width={valueWidth}/>
					</Box>
				))}
			<Box marginLeft={1} height={1}><Text wrap='truncate'>{choicesLine(completions, form.picked, width - 4, theme)}</Text></Box>
			<Box marginLeft={1} marginTop={1}><Lines lines={command.map(line => theme.paint('accent', line))} width={width - 4} height={command.length}/></Box>
		</Panel>
	);
};
