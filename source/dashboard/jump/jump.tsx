import {Box, Text} from 'ink';
import {useController, useTheme, useUi} from '../frame/context.js';
import {Field} from '../frame/field.js';
import {Lines, type Size} from '../frame/lines.js';
import {Panel} from '../frame/panel.js';
import type {Role, Theme} from '../frame/theme.js';
import {windowStart} from '../state/list-state.js';
import {cut, fit} from '../../text/fit.js';
import {widthOf} from '../../text/width.js';
import type {Entry} from './entry.js';
import {matchedIn, wordsOf} from './fuzzy.js';
import {foundBy, type JumpDialog} from './jump-state.js';

const kindWidth = 11;

type MarkedOptions = {readonly width: number; readonly role: Role; readonly theme: Theme};

/** A text with its matched letters marked, in exactly this width. */
const marked = (text: string, matched: ReadonlySet<number>, {width, role, theme: {paint, glyphs}}: MarkedOptions): string => {
	const shown = fit(text, width, {ellipsis: glyphs.ellipsis});
	if (matched.size === 0) {
		return paint(role, shown);
	}

	// Lower case may be longer than the text; then the marks are only near.
	const end = shown.startsWith(text) ? text.length : cut(text, width - 1).length;
	let line = '';
	let from = 0;
	while (from < shown.length) {
		const isMatch = from < end && matched.has(from);
		let to = from + 1;
		while (to < shown.length && (to < end && matched.has(to)) === isMatch) {
			to++;
		}

		line += paint(isMatch ? 'match' : role, shown.slice(from, to));
		from = to;
	}

	return line;
};

type EntryLineOptions = {readonly isSelected: boolean; readonly width: number; readonly theme: Theme};

/** A row of the list: kind, name and description. */
export const entryLine = (entry: Entry, words: readonly string[], {isSelected, width, theme}: EntryLineOptions): string => {
	const {kind, label, detail, searched} = entry;
	const matched = matchedIn(words, searched);
	const room = Math.max(0, width - kindWidth - 1);
	const labelWidth = Math.min(room, Math.max(Math.floor(room / 2), Math.min(widthOf(label), Math.floor(room * 0.7))));
	const [first, second] = isSelected ? ['selected', 'selected'] as const : ['text', 'dim'] as const;
	return [
		theme.paint(second, fit(` ${kind}`, kindWidth)),
		marked(label, matched.label, {width: labelWidth, role: first, theme}),
		theme.paint(second, ' '),
		marked(detail, matched.detail, {width: room - labelWidth, role: second, theme}),
	].join('');
};

const mostRows = 16;

/** The field that jumps to anything. */
export const Jump = ({dialog, width, height}: Size & {readonly dialog: JumpDialog}) => {
	const controller = useController();
	const theme = useTheme();
	const ui = useUi();
	const {entries, count} = foundBy(dialog, ui);
	const rows = Math.min(height - 3, mostRows);
	const start = windowStart(dialog.index, rows, entries.length);
	const words = wordsOf(dialog.text);
	const lines = entries.slice(start, start + rows)
		.map((entry, row) => entryLine(entry, words, {isSelected: start + row === dialog.index, width: width - 2, theme}));
	return (
		<Panel title='Jump' note={`${count}`} width={width} height={rows + 3} isFocused isOpaque>
			<Box>
				<Text>{theme.paint('key', ': ')}</Text>
				<Field
					value={dialog.text}
					placeholder='letters of a name, an address, a port, a view or an action'
					latest={() => {
						const current = controller.getState().dialog;
						return current?.type === 'jump' ? current.text : '';
					}}
					onChange={text => {
						const current = controller.getState().dialog;
						if (current?.type === 'jump') {
							controller.set({dialog: {...current, text, index: 0}});
						}
					}}
				/>
			</Box>
			<Lines lines={lines.length === 0 ? [theme.paint('dim', fit(' Nothing matches', width - 2))] : lines} width={width - 2} height={rows}/>
		</Panel>
	);
};
