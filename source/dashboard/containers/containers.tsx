import {memo, useLayoutEffect, useMemo} from 'react';
import {clean, cut, fit} from '../../text/fit.js';
import {shortBytes, shortPercent} from '../../text/measures.js';
import type {Snapshot} from '../../engine/snapshot.js';
import {builderRow, type ContainerRow} from '../builder/builder-row.js';
import {useController, useTheme} from '../frame/context.js';
import {emptyLines, Lines, type Size} from '../frame/lines.js';
import {Panel} from '../frame/panel.js';
import {headTexts, rowRole, separator, type RowLook} from '../frame/row-table.js';
import type {Role, Theme} from '../frame/theme.js';
import {useWindow} from '../frame/use-window.js';
import {headsOf, plannedWidth, sumOf, type PlannedColumn} from '../lists/columns.js';
import {countsOf, projectOf, type ListedRow, type Project, type ProjectCounts} from '../lists/projects.js';
import {matchText} from '../lists/query.js';
import {countText, noteText, type Marks} from '../lists/titles.js';
import {lastResult} from '../state/memo.js';
import type {FoundById, ListItems} from '../state/list-items.js';
import {cursorOf, type ListState} from '../state/list-state.js';
import type {ResourceUsage} from '../state/resource-usage.js';
import {cellRole, cellText, columns, containerWidths, frame, indent, noSource, planContainers} from './rows.js';

export type ContainersProps = Size & {
	readonly listItems: ListItems;
	readonly usage: Readonly<Record<string, ResourceUsage>>;
	readonly state: ListState;
	readonly marks: Marks;
	/** The engine's, whether the list shows it or not. */
	readonly builder: Snapshot['builder'];
	readonly isFocused: boolean;
	readonly isStale: boolean;
	readonly now: number;
	/** A key for sorting is awaited: the heads show their letters. */
	readonly isAwaited: boolean;
	/** Message for an empty list. */
	readonly empty: string;
};

type LinesProps = Omit<ContainersProps, 'marks' | 'builder'> & {
	/** Index of the first visible row. */
	readonly start: number;
	readonly plan: readonly PlannedColumn[];
};

type RowSource = Pick<LinesProps, 'plan' | 'usage' | 'now'> & {
	readonly found: FoundById;
	readonly look: RowLook;
	/** Columns that the row does not fill. */
	readonly missing: string;
	readonly theme: Theme;
};

type Cell = {readonly role: Role; readonly text: string};

/** Adjacent cells of one colour are painted together: Ink parses each colour change in every frame. */
const paintCells = (cells: readonly Cell[], mark: string, {look, missing, theme}: RowSource): string => {
	const whole = rowRole(look);
	if (whole) {
		return theme.paint(whole, `${mark} ${cells.map(({text}) => text).join(separator)}${missing}`);
	}

	const starts = [...cells.keys()].filter(index => cells[index]!.role !== cells[index - 1]?.role);
	const joined = (some: readonly Cell[]) => some.map(({text}) => text).join(separator);
	const pieces = starts.map((from, index) => theme.paint(cells[from]!.role, joined(cells.slice(from, starts[index + 1]))));
	return `${mark} ${pieces.join(separator)}`;
};

const containerLine = (container: ContainerRow, isInProject: boolean, source: RowSource): string => {
	const {plan, usage: usages, now, found, look, theme} = source;
	const usage = usages[container.id];
	const {ellipsis} = theme.glyphs;
	const texts = plan.map(({index, width}) => {
		const column = columns[index]!;
		const text = cellText(column, container, {usage, now, look: theme});
		return fit(column.key === 'name' && isInProject ? ' '.repeat(indent) + text : text, width, {align: column.align, ellipsis});
	});
	const matches = found.get(container.id) ?? [];
	const matched = matchText(matches, [projectOf(container) ?? '', ...texts]);
	const cells = plan.map(({index, width}, at): Cell => {
		const {key} = columns[index]!;
		const text = key === 'match' ? fit(matched, width, {ellipsis}) : texts[at]!;
		const hasMatch = matches.some(({value}) => text.toLowerCase().includes(value));
		return {role: hasMatch ? 'accent' : cellRole(key, container, usage), text};
	});
	return paintCells(cells, look.isMarked ? theme.glyphs.mark : ' ', source);
};

const knownSum = (values: ReadonlyArray<number | undefined>): number | undefined => {
	const known = values.filter(value => value !== undefined);
	return known.length === 0 ? undefined : sumOf(known);
};

const headingRole = (key: string, {running, total}: ProjectCounts): Role => {
	if (key === 'state') {
		return running === total ? 'good' : (running === 0 ? 'dim' : 'warning');
	}

	return key === 'name' ? 'title' : 'dim';
};

/** A heading: the name of the project, its counts, and the sums of its containers. */
const projectLine = ({name, containers, isFolded, hidden}: Project, source: RowSource): string => {
	const {plan, usage, look, theme} = source;
	const {glyphs} = theme;
	const counts = countsOf(containers);
	const used = containers.map(({id}) => usage[id]);
	const cpu = knownSum(used.map(each => each?.cpuPercent));
	const memory = knownSum(used.map(each => each?.memoryBytes));
	const host = knownSum(used.map(each => each?.hostMemoryBytes));
	const texts: Readonly<Record<string, string>> = {
		state: `${counts.running}/${counts.total} up`,
		memory: memory === undefined ? '' : shortBytes(memory),
		host: host === undefined ? '' : shortBytes(host),
		cpu: cpu === undefined ? '' : shortPercent(cpu),
	};
	const head = `${isFolded ? glyphs.closed : glyphs.open} ${clean(name)}`;
	const note = [counts.unhealthy > 0 ? `${counts.unhealthy} unhealthy` : '', hidden > 0 ? `${hidden} hidden` : ''].filter(Boolean).join(', ');
	const noted = plan.find(({index}) => ['match', 'image', 'network'].includes(columns[index]!.key))?.index;
	const cells = plan.map(({index, width}): Cell => {
		const {key, align} = columns[index]!;
		const text = key === 'name' ? head : (index === noted ? note : texts[key] ?? '');
		const isBad = counts.unhealthy > 0 && (index === noted || (noted === undefined && key === 'state'));
		return {role: isBad ? 'bad' : headingRole(key, counts), text: fit(text, width, {align, ellipsis: glyphs.ellipsis})};
	});
	return paintCells(cells, look.isMarked ? glyphs.mark : ' ', source);
};

/** The lines inside the border: headings and the visible rows. */
export const containersLines = (props: LinesProps, theme: Theme): readonly string[] => {
	const {listItems: {rows, found}, state, isFocused, isStale, empty, width, height, start, plan, isAwaited} = props;
	if (rows.length === 0) {
		return emptyLines(empty, {width, height}, theme);
	}

	const visible = Math.max(1, height - 1);
	const cursor = cursorOf(state, rows.map(({id}) => id));
	const missing = ' '.repeat(Math.max(0, width - 2 - plannedWidth(plan)));
	const heads = headTexts('containers', columns, plan, {...state, isAwaited, glyphs: theme.glyphs});
	const isMarked = (row: ListedRow) => row.type === 'project' ? row.project.containers.every(({id}) => state.marks.has(id)) : state.marks.has(row.id);
	return [
		theme.paint('heading', `  ${heads.join(separator)}${missing}`),
		...rows.slice(start, start + visible).map((row, index) => {
			const look = {isSelected: start + index === cursor, isMarked: isMarked(row), isFocused, isStale};
			const source = {...props, found: found.containers, missing, theme, look};
			return row.type === 'project' ? projectLine(row.project, source) : containerLine(row.container, row.isInProject, source);
		}),
	];
};

/** The widths follow the whole list, also what a filter hides. */
const widthsOfAll = lastResult((all: ListItems['all']['containers'], builder: Snapshot['builder']) => {
	const projects = [...new Set(all.flatMap(container => projectOf(container) ?? []))];
	return containerWidths(builder ? [...all, builderRow(builder)] : all, projects, container => projectOf(container) !== undefined);
});

const longestMatch = 30;

/** The columns of the list in a room; with one for what a filter found outside the others. */
type ListSource = Pick<ListItems, 'all' | 'containers' | 'found'> & {readonly builder: Snapshot['builder']};

const planList = ({all, containers, found, builder}: ListSource, sort: string | undefined, room: number): readonly PlannedColumn[] => {
	const widths = widthsOfAll(all.containers, builder);
	const plan = planContainers(room, widths, {sort, matchWidth: 0});
	if (found.containers.size === 0) {
		return plan;
	}

	const isAllShown = containers.every(container => matchText(
		found.containers.get(container.id) ?? [],
		[projectOf(container) ?? '', ...plan.map(({index, width}) => cut(cellText(columns[index]!, container, noSource), width))],
	) === '');
	return isAllShown ? plan : planContainers(room, widths, {sort, matchWidth: longestMatch});
};

/** The list of containers. */
export const ContainersPane = memo((props: ContainersProps) => {
	const theme = useTheme();
	const {heads} = useController();
	const {width, height, state: {sort}, state, marks, listItems, builder, isFocused, isStale} = props;
	const {rows, containers, all, found} = listItems;
	const start = useWindow('containers', cursorOf(state, rows.map(({id}) => id)), Math.max(1, height - 3), rows.length);
	const size = {width: width - 2, height: height - 2};
	const plan = useMemo(
		() => planList({all, containers, found, builder}, sort, width - frame),
		[all, containers, found, builder, sort, width],
	);
	useLayoutEffect(() => {
		heads.set('containers', headsOf(columns, plan));
	}, [heads, plan]);
	const lines = useMemo(
		() => containersLines({...props, start, plan, width: width - 2, height: height - 2}, theme),
		[props, start, plan, width, height, theme],
	);
	const shown = containers.length - (containers.at(-1)?.builder ? 1 : 0);
	return (
		<Panel title={`1 Containers ${countText(state, shown, all.containers.length)}`} note={noteText(marks, state, isFocused)} {...{width, height, isFocused, isStale}}>
			<Lines lines={lines} {...size}/>
		</Panel>
	);
});
