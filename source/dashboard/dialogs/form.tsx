import {Box, Text} from 'ink';
import {widthOf} from '../../text/width.js';
import {useController, useStore, useTheme} from '../frame/context.js';
import {Field} from '../frame/field.js';
import {formRows, visibleRows} from '../forms/form-rows.js';
import {commandOf, completionsOf, focusedField, type Field as FieldDefinition, type FormState} from '../forms/form-state.js';
import {Lines, type Size} from '../frame/lines.js';
import {Panel} from '../frame/panel.js';
import {clean, cut, fit, wrapWords} from '../../text/fit.js';
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
	return (
		<Box overflow='hidden' height={1} width={width} justifyContent={isLong ? 'flex-end' : 'flex-start'}>
			<Box flexShrink={0} width={isLong ? widthOf(value) + 1 : width} height={1}>
				<Field
					key={form.revision}
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
			</Box>
		</Box>
	);
};

/** A form with errors below their fields, the completions of Tab, and the equivalent command line. */
export const Form = ({dialog: {form}, width, height}: Size & {readonly dialog: {readonly form: FormState}}) => {
	const theme = useTheme();
	const {snapshot} = useStore();
	const {definition, values} = form;
	const errors = snapshot ? definition.validate(values, snapshot) : {};
	const focused = focusedField(form);
	const completions = snapshot ? completionsOf(form, snapshot).slice(0, 6) : [];
	const command = height < 8 ? [] : wrapWords(clean(commandOf(form)), width - 4).slice(0, 3);
	// Only one of them fits in 80 columns.
	const keys = focused.type === 'switch' ? 'Space changes' : `Tab ${completions.length === 0 ? 'next' : 'completes'}`;
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
			<Box marginLeft={1} height={1}><Text wrap='truncate'>{completions.length === 0 ? ' ' : theme.paint('dim', cut(`Tab: ${completions.map(text => clean(text)).join('  ')}`, width - 4))}</Text></Box>
			<Box marginLeft={1} marginTop={1}><Lines lines={command.map(line => theme.paint('accent', line))} width={width - 4} height={command.length}/></Box>
		</Panel>
	);
};
