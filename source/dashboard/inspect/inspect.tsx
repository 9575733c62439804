import {memo, useMemo} from 'react';
import {useTheme} from '../frame/context.js';
import {Lines, type Size} from '../frame/lines.js';
import {Panel} from '../frame/panel.js';
import {clean, fit} from '../../text/fit.js';
import type {Theme} from '../frame/theme.js';
import {useWindow} from '../frame/use-window.js';
import {count} from '../spoken/words.js';
import {matchesOf, treeLines, type TreeLine, type TreeState} from './tree-state.js';

const valueText = ({value, size, isList, isFolded}: TreeLine): string => {
	if (size === undefined) {
		return value ?? '';
	}

	return isFolded ? (isList ? `[${size}]` : `{${size}}`) : '';
};

const lineText = (line: TreeLine, isJson: boolean, {glyphs}: Theme): string => {
	if (isJson) {
		return clean(line.value ?? '');
	}

	const arrow = line.size === undefined ? ' ' : (line.isFolded ? glyphs.closed : glyphs.open);
	return `${'  '.repeat(line.depth)}${arrow} ${clean(line.key)}${line.size === undefined ? ': ' : ' '}${clean(valueText(line))}`;
};

/** The lines inside the border. */
export const inspectLines = (state: TreeState, start: number, {width, height}: Size, theme: Theme): readonly string[] => {
	const lines = treeLines(state);
	const matches = new Set(matchesOf(lines, state.search));
	return lines.slice(start, start + height).map((line, index) => {
		const text = fit(` ${lineText(line, state.isJson, theme)}`, width, {ellipsis: theme.glyphs.ellipsis});
		const row = start + index;
		const role = line.size === undefined ? 'text' : 'accent';
		return theme.paint(row === state.cursor ? 'selected' : (matches.has(row) ? 'match' : role), text);
	});
};

/** The details of a container, network, image or volume as a tree or JSON. */
export const InspectView = memo(({state, width, height}: Size & {readonly state: TreeState}) => {
	const theme = useTheme();
	const start = useWindow('inspect', state.cursor, height - 2, treeLines(state).length);
	const {lines, note} = useMemo(() => {
		const all = treeLines({...state, folded: new Set()});
		const matches = matchesOf(all, state.search).length;
		const found = state.search === '' ? '' : `${count(matches, 'match', 'matches')} of ${clean(state.search)}`;
		return {lines: inspectLines(state, start, {width: width - 2, height: height - 2}, theme), note: [found, state.isJson ? 'JSON' : ''].filter(Boolean).join(', ')};
	}, [state, start, width, height, theme]);
	return (
		<Panel title={clean(state.title)} isFocused {...{note, width, height}}>
			<Lines lines={lines} width={width - 2} height={height - 2}/>
		</Panel>
	);
});
