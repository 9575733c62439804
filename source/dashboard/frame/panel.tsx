import {useMemo, type ReactNode} from 'react';
import {Box, Text} from 'ink';
import {widthOf} from '../../text/width.js';
import {cut} from '../../text/fit.js';
import {useTheme} from './context.js';
import type {Size} from './lines.js';
import type {Role, Theme} from './theme.js';

export type PanelProps = Size & {
	/** Escaped text on the upper border. */
	readonly title: string;
	/** Escaped text at the right end of the upper border. */
	readonly note?: string;
	readonly isFocused: boolean;
	/** The data may be out of date. */
	readonly isStale?: boolean;
	/** Hides what is behind it. */
	readonly isOpaque?: boolean;
	readonly children: ReactNode;
};

/** A border for Ink, with the colours included: Ink's own colours ignore the theme's depth. */
const borderStyle = ({borders, paint}: Theme, role: Role) => {
	const [open = '', close = ''] = paint(role, 'x').split('x', 2);
	const {horizontal, vertical, topLeft, topRight, bottomLeft, bottomRight} = borders;
	return {
		top: horizontal,
		bottom: horizontal,
		topLeft: open + topLeft,
		topRight: topRight + close,
		bottomLeft: open + bottomLeft,
		bottomRight: bottomRight + close,
		left: open + vertical + close,
		right: open + vertical + close,
	};
};

/** Title and note, cut to a border of this width. */
export const borderTexts = (title: string, note: string, width: number): readonly [title: string, note: string] => {
	const titleText = title === '' ? '' : ` ${cut(title, width - 6)} `;
	const room = width - 4 - widthOf(titleText);
	return [titleText, note === '' || room < 4 ? '' : ` ${cut(note, room - 3)} `];
};

/** A box with a border and a title. */
export const Panel = ({title, note = '', width, height, isFocused, isStale, isOpaque, children}: PanelProps) => {
	const theme = useTheme();
	const border = useMemo(() => borderStyle(theme, isFocused ? 'focusedBorder' : 'border'), [theme, isFocused]);
	const [titleText, noteText] = borderTexts(title, note, width);
	const inside = {width: Math.max(0, width - 2), height: Math.max(0, height - 2)};
	return (
		<Box width={width} height={height} flexShrink={0}>
			<Box position='absolute' width={width} height={height} borderStyle={border}/>
			{isOpaque && <Box position='absolute' marginLeft={1} marginTop={1}><Text>{Array.from({length: inside.height}, () => ' '.repeat(inside.width)).join('\n')}</Text></Box>}
			{titleText !== '' && <Box position='absolute' marginLeft={2}><Text wrap='truncate'>{theme.paint(isFocused && !isStale ? 'title' : 'dim', titleText)}</Text></Box>}
			{noteText !== '' && <Box position='absolute' marginLeft={width - 2 - widthOf(noteText)}><Text wrap='truncate'>{theme.paint('dim', noteText)}</Text></Box>}
			<Box marginLeft={1} marginTop={1} flexDirection='column' {...inside}>{children}</Box>
		</Box>
	);
};
