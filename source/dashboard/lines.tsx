import {memo} from 'react';
import {Box, Text} from 'ink';
import {widthOf} from '../commands/print/width.js';
import {cut, fit} from './text.js';
import type {Theme} from './theme.js';

export type Size = {readonly width: number; readonly height: number};

export type FrameOptions = Size & {
	/** Clean text on the upper border. */
	readonly title: string;
	/** Clean text at the right end of the upper border. */
	readonly note?: string;
	readonly isFocused: boolean;
	/** What is shown is no longer true. */
	readonly isStale?: boolean;
	readonly theme: Theme;
};

/** Lines, each as wide as the inside, with a border around them: as many as the height, filled with empty ones. */
export const frame = (lines: readonly string[], {title, note = '', width, height, isFocused, isStale, theme}: FrameOptions): readonly string[] => {
	const {horizontal, vertical, topLeft, topRight, bottomLeft, bottomRight} = theme.borders;
	const role = isFocused ? 'focusedBorder' : 'border';
	const inside = Math.max(0, width - 2);
	const shownTitle = title === '' ? '' : ` ${cut(title, inside - 4)} `;
	const room = inside - 2 - widthOf(shownTitle);
	const shownNote = note === '' || room < 4 ? '' : ` ${cut(note, room - 3)} `;
	const filler = horizontal.repeat(Math.max(0, inside - 2 - widthOf(shownTitle) - widthOf(shownNote)));
	const side = theme.paint(role, vertical);
	const top = theme.paint(role, topLeft + horizontal)
		+ theme.paint(isFocused && !isStale ? 'title' : 'dim', shownTitle)
		+ theme.paint(role, filler)
		+ theme.paint('dim', shownNote)
		+ theme.paint(role, horizontal + topRight);
	const empty = ' '.repeat(inside);
	const rows = Math.max(0, height - 2);
	return [
		top,
		...Array.from({length: rows}, (_, row) => side + (lines[row] ?? empty) + side),
		theme.paint(role, bottomLeft + horizontal.repeat(inside) + bottomRight),
	];
};

/** One line of the screen, laid out before it comes here. */
const Line = memo(({text}: {readonly text: string}) => <Text wrap='truncate'>{text === '' ? ' ' : text}</Text>);

/** Lines one below the other; only those that changed are made again. */
export const Lines = memo(({lines, width, height}: Size & {readonly lines: readonly string[]}) => (
	<Box flexDirection='column' width={width} height={height} flexShrink={0}>
		{lines.slice(0, height).map((text, row) => <Line key={row} text={text}/>)}
	</Box>
));

/** A message in the middle of nothing. */
export const emptyLines = (message: string, {width, height}: Size, theme: Theme): readonly string[] => {
	const text = cut(message, width);
	const left = Math.max(0, Math.floor((width - widthOf(text)) / 2));
	return [
		...Array.from({length: Math.max(0, Math.floor((height - 1) / 2))}, () => ' '.repeat(width)),
		theme.paint('dim', fit(' '.repeat(left) + text, width)),
	];
};
