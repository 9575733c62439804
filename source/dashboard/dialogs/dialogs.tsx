import {Box, Text} from 'ink';
import {useController, useTheme} from '../frame/context.js';
import {availableMaps, placeOf} from '../keys/active-maps.js';
import {headerRows} from '../frame/layout.js';
import {Lines, type Size} from '../frame/lines.js';
import {windowStart} from '../state/list-state.js';
import {Jump} from '../jump/jump.js';
import {Panel} from '../frame/panel.js';
import {clean, fit} from '../../text/fit.js';
import type {Dialog} from '../state/ui-state.js';
import {dialogSize, reportLines} from './dialog-extent.js';
import {failureLines, helpLines, planLines} from './dialog-lines.js';
import {Form} from './form.js';

type Of<Type extends Dialog['type']> = Size & {readonly dialog: Extract<Dialog, {type: Type}>};

const Scrolled = ({lines, top, width, height}: Size & {readonly lines: readonly string[]; readonly top: number}) => {
	const start = Math.max(0, Math.min(top, lines.length - height));
	return <Lines lines={lines.slice(start, start + height)} width={width} height={height}/>;
};

const Confirm = ({dialog: {plan, isAccepting, top, changes}, width, height}: Of<'confirm'>) => {
	const theme = useTheme();
	const lines = planLines(plan, width - 4, theme, changes);
	const rows = Math.min(height - 4, lines.length);
	const button = (label: string, isChosen: boolean) => theme.paint(isChosen ? 'selected' : 'text', isChosen && theme.depth === 'none' ? `[${label}]` : ` ${label} `);
	return (
		<Panel title={clean(plan.title)} note={lines.length > rows ? 'j k scroll' : ''} width={width} height={rows + 4} isFocused isOpaque>
			<Box marginLeft={1}><Scrolled lines={lines} top={top} width={width - 4} height={rows}/></Box>
			<Box marginLeft={1} marginTop={1}><Text>{`${button('Cancel', !isAccepting)}  ${button(`${plan.accept} (y)`, isAccepting)}`}</Text></Box>
		</Panel>
	);
};

const Failures = ({dialog: {title, failures}, width, height}: Of<'failures'>) => {
	const theme = useTheme();
	const lines = failureLines(failures, width - 4, theme);
	const rows = Math.min(height - 3, lines.length + 1);
	return (
		<Panel title={clean(title)} note='Enter closes' width={width} height={rows + 2} isFocused isOpaque>
			<Box marginLeft={1}><Lines lines={lines} width={width - 4} height={rows}/></Box>
		</Panel>
	);
};

const Help = ({dialog: {top}, width, height}: Of<'help'>) => {
	const controller = useController();
	const theme = useTheme();
	const lines = helpLines(availableMaps(controller), placeOf(controller.getState()), width - 4, theme);
	return (
		<Panel title='Keys' note='j k scroll, Esc closes' width={width} height={height} isFocused isOpaque>
			<Box marginLeft={1}><Scrolled lines={lines} top={top} width={width - 4} height={height - 2}/></Box>
		</Panel>
	);
};

const Choose = ({dialog: {title, choices, index}, width, height}: Of<'choose'>) => {
	const theme = useTheme();
	const rows = Math.min(height - 2, choices.length);
	const start = windowStart(index, rows, choices.length);
	const lines = choices.slice(start, start + rows).map(({label}, row) => theme.paint(start + row === index ? 'selected' : 'text', fit(` ${clean(label)}`, width - 2)));
	return (
		<Panel title={clean(title)} note='Enter selects' width={width} height={rows + 2} isFocused isOpaque>
			<Lines lines={lines} width={width - 2} height={rows}/>
		</Panel>
	);
};

const Report = ({dialog: {title, lines, top}, width, height}: Of<'report'>) => {
	const wrapped = reportLines(lines, width - 4);
	const rows = Math.min(height - 2, wrapped.length);
	return (
		<Panel title={clean(title)} note='Esc closes' width={width} height={rows + 2} isFocused isOpaque>
			<Box marginLeft={1}><Scrolled lines={wrapped} top={top} width={width - 4} height={rows}/></Box>
		</Panel>
	);
};

const contents: {readonly [Type in Dialog['type']]: (props: Of<Type>) => React.JSX.Element} = {
	confirm: Confirm, failures: Failures, help: Help, choose: Choose, report: Report, jump: Jump, form: Form,
};

/** The open dialog, on top of the view. It gets all keys. */
export const DialogLayer = ({dialog, width, height}: Size & {readonly dialog: Dialog}) => {
	const Content = contents[dialog.type] as (props: Size & {readonly dialog: Dialog}) => React.JSX.Element;
	const inside = dialogSize({width, height});
	return (
		<Box position='absolute' marginLeft={Math.max(0, Math.floor((width - inside.width) / 2))} marginTop={headerRows(height + 1)}>
			<Content dialog={dialog} {...inside}/>
		</Box>
	);
};
