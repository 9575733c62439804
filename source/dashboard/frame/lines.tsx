import {memo} from 'react';
import {Box, Text} from 'ink';
import {widthOf} from '../../text/width.js';
import {cut} from '../../text/fit.js';
import type {Theme} from './theme.js';

export type Size = {readonly width: number; readonly height: number};

/** One line of text. Trailing spaces are trimmed to save Ink work in every frame; an empty line keeps one, since it would have no height. */
const Line = memo(({text}: {readonly text: string}) => <Text wrap='truncate'>{text.trimEnd() || ' '}</Text>);

/** A block of lines; only changed lines render again. */
export const Lines = memo(({lines, width, height}: Size & {readonly lines: readonly string[]}) => (
	<Box flexDirection='column' width={width} height={height} flexShrink={0}>
		{lines.slice(0, height).map((text, row) => <Line key={row} text={text}/>)}
	</Box>
));

/** A message in the middle of an empty area. */
export const emptyLines = (message: string, {width, height}: Size, theme: Theme): readonly string[] => {
	const text = cut(message, width);
	const left = Math.max(0, Math.floor((width - widthOf(text)) / 2));
	return [
		...Array.from({length: Math.max(0, Math.floor((height - 1) / 2))}, () => ''),
		' '.repeat(left) + theme.paint('dim', text),
	];
};
