import {memo, useMemo} from 'react';
import type {ContainerRow} from '../builder/builder-row.js';
import {useTheme} from '../frame/context.js';
import {emptyLines, Lines, type Size} from '../frame/lines.js';
import {cursorOf, type ListState} from '../state/list-state.js';
import {Panel} from '../frame/panel.js';
import {fit} from '../../text/fit.js';
import type {Role, Theme} from '../frame/theme.js';
import type {ResourceUsage} from '../state/resource-usage.js';
import {useWindow} from '../frame/use-window.js';
import {cellsOf, columns, columnWidths, stateRole, type ColumnWidth} from './rows.js';

export type ContainersProps = Size & {
	readonly containers: readonly ContainerRow[];
	/** Number of containers, hidden ones included, without the builder. */
	readonly total: number;
	readonly usage: Readonly<Record<string, ResourceUsage>>;
	readonly state: ListState;
	readonly isFocused: boolean;
	readonly isStale: boolean;
	readonly now: number;
	/** Message for an empty list. */
	readonly empty: string;
};

type LinesProps = ContainersProps & {
	/** Index of the first visible row. */
	readonly start: number;
};

type RowLook = {
	readonly widths: readonly ColumnWidth[];
	/** Columns that the row does not fill. */
	readonly missing: number;
	readonly isSelected: boolean;
	readonly isMarked: boolean;
	readonly isFocused: boolean;
	readonly isStale: boolean;
};

const roleOf = (key: string, state: Role, isBuilder: boolean): Role => {
	if (key === 'state') {
		return state;
	}

	if (isBuilder && key === 'name') {
		return 'accent';
	}

	return key === 'name' || key === 'cpu' || key === 'memory' ? 'text' : 'dim';
};

const rowText = (container: ContainerRow, cells: readonly string[], look: RowLook, theme: Theme): string => {
	const {widths, isSelected, isMarked, isFocused, isStale, missing} = look;
	const {ellipsis} = theme.glyphs;
	const mark = isMarked ? theme.glyphs.mark : ' ';
	const texts = widths.map(({column, width}) => fit(cells[columns.indexOf(column)]!, width, {align: column.align, ellipsis}));
	if (isSelected || isStale || isMarked) {
		return theme.paint(isSelected ? (isFocused && !isStale ? 'selected' : 'selectedElsewhere') : (isStale ? 'dim' : 'marked'), `${mark} ${texts.join('  ')}  ${' '.repeat(missing)}`);
	}

	// Adjacent cells of one colour are painted together: Ink parses each colour change in every frame.
	const state = stateRole(container);
	const roles = widths.map(({column}) => roleOf(column.key, state, container.builder !== undefined));
	const starts = [...roles.keys()].filter(index => roles[index] !== roles[index - 1]);
	const pieces = starts.map((from, index) => theme.paint(roles[from]!, texts.slice(from, starts[index + 1]).join('  ')));
	return `${mark} ${pieces.join('  ')}`;
};

/** The lines inside the border: headings and the visible rows. */
export const containersLines = (props: LinesProps, theme: Theme): readonly string[] => {
	const {containers, usage, state, isFocused, isStale, now, empty, width, height, start} = props;
	if (containers.length === 0) {
		return emptyLines(empty, {width, height}, theme);
	}

	const visible = Math.max(1, height - 1);
	const cursor = cursorOf(state, containers.map(({id}) => id));
	const rowsInView = containers.slice(start, start + visible);
	const cells = rowsInView.map(container => cellsOf(container, usage[container.id], now));
	const widths = columnWidths(width - 4, cells);
	const arrow = state.isDescending ? theme.glyphs.down : theme.glyphs.up;
	const headings = widths.map(({column, width: columnWidth}) =>
		fit(column.key === state.sort ? `${column.title}${arrow}` : column.title, columnWidth, {align: column.align}));
	const heading = `  ${headings.join('  ')}  `;
	const missing = Math.max(0, width - 4 - widths.reduce((sum, column) => sum + column.width + 2, -2));
	return [
		theme.paint('heading', heading + ' '.repeat(missing)),
		...rowsInView.map((container, index) => rowText(container, cells[index]!, {
			widths,
			isSelected: start + index === cursor,
			isMarked: state.marks.has(container.id),
			isFocused,
			isStale,
			missing,
		}, theme)),
	];
};

/** The list of containers. */
export const ContainersPane = memo((props: ContainersProps) => {
	const theme = useTheme();
	const {width, height, state: {filter, marks}, containers, total, isFocused, isStale} = props;
	const start = useWindow('containers', cursorOf(props.state, containers.map(({id}) => id)), Math.max(1, height - 3), containers.length);
	const size = {width: width - 2, height: height - 2};
	const lines = useMemo(
		() => containersLines({...props, start, width: width - 2, height: height - 2}, theme),
		[props, start, width, height, theme],
	);
	const texts = {
		title: `1 Containers ${filter === '' ? total : `${containers.filter(({builder}) => !builder).length} of ${total}, filter: ${filter}`}`,
		note: marks.size > 0 ? `${marks.size} marked` : '',
	};
	return <Panel {...texts} {...{width, height, isFocused, isStale}}><Lines lines={lines} {...size}/></Panel>;
});
