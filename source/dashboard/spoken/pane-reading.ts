import {
	activityCursor,
	activityDetails,
	activityHints,
	activityResult,
	activityRows,
	activityState,
	activityTitle,
} from '../activity/activity-rows.js';
import type {Data, Setting, View} from '../work/controller.js';
import {emptyText} from '../frame/empty-text.js';
import {treeLines, type TreeLine, type TreeState} from '../inspect/tree-state.js';
import {cursorOf, type ListState} from '../state/list-state.js';
import {idsOf, marksIn, membersOf, type ListItems} from '../state/list-items.js';
import {matchText} from '../lists/query.js';
import {marksText, type Marks} from '../lists/titles.js';
import {type ListName, isTextView} from '../state/ui-state.js';
import {textViewContent, topOf} from '../views/text-view.js';
import {logsReading} from './logs-reading.js';
import type {Reading} from './reading.js';
import {containerRow, eventRow, imageRow, networkRow, projectRow, recordRow, volumeRow, type RowContext} from './rows.js';
import {count, sentence} from './words.js';

const titles: Readonly<Record<ListName, string>> = {containers: 'Containers', networks: 'Networks', images: 'Images', volumes: 'Volumes', dns: 'DNS records', events: 'Events'};

const rowTexts: {readonly [Name in ListName]: (row: ListItems[Name][number], context: RowContext) => string} = {
	containers: containerRow, networks: networkRow, images: imageRow, volumes: volumeRow, dns: recordRow, events: eventRow,
};

type Order = Pick<ListState, 'filter' | 'sort' | 'isDescending'>;

const listHeading = (title: string, rows: number, {filter, sort, isDescending}: Order, marks: Marks, areStoppedShown: boolean) => sentence(
	title,
	!areStoppedShown && 'without stopped containers',
	count(rows, 'row'),
	filter !== '' && `filter ${filter}`,
	sort !== undefined && `sorted by ${sort}${isDescending ? ', descending' : ''}`,
	marksText(marks),
);

const noneText = (list: ListName, {store, getState}: View & Data): string => {
	const {lists, records, lacksRecords} = getState();
	if (list === 'dns' && !records) {
		return lacksRecords ? 'this engine does not report DNS records' : 'loading';
	}

	return emptyText(store.getState(), lists[list].filter, 'none');
};

const listReading = (list: ListName, controller: View & Data & Setting): Reading => {
	const ui = controller.getState();
	const store = controller.store.getState();
	const listItems = controller.listItems();
	const state = ui.lists[list];
	const ids = idsOf(listItems, list);
	const context = {snapshot: store.snapshot, usage: store.usage, now: controller.now()};
	const row = cursorOf(state, ids);
	const isMarked = (index: number) => (list === 'containers' ? membersOf(listItems, ids[index]!) : [ids[index]!]).every(id => state.marks.has(id));
	const rowText = (index: number): string => {
		const listed = list === 'containers' ? listItems.rows[index] : undefined;
		if (listed?.type === 'project') {
			return projectRow(listed.project);
		}

		const text = (rowTexts[list] as (row: unknown, context: RowContext) => string)(listed?.container ?? listItems[list][index], context);
		// A screen has columns for most of what a filter finds; this line has all of it.
		return sentence(text, matchText(listItems.found[list].get(ids[index]!) ?? [], [text]));
	};

	const textOf = (index: number) => sentence(
		rowText(index),
		`row ${index + 1} of ${ids.length}`,
		index === row && 'selected',
		isMarked(index) && 'marked',
	);
	return {
		key: `list ${list}`,
		heading: sentence(listHeading(titles[list], ids.length, state, marksIn(listItems, state, list), list !== 'containers' || ui.areStoppedShown), row === -1 && noneText(list, controller)),
		opening: [],
		...(row !== -1 && {cursor: {id: `${ids[row]!} ${isMarked(row)} ${ui.folded.size}`, text: textOf(row)}}),
		whole: () => ids.map((_, index) => textOf(index)),
	};
};

const treeText = ({key, value, size, isList, isFolded, depth}: TreeLine, isJson: boolean): string => {
	if (isJson) {
		return value ?? '';
	}

	return size === undefined ? `${key}: ${value ?? ''}` : sentence(key, count(size, isList ? 'item' : 'field'), isFolded ? 'folded' : 'unfolded', depth > 0 && `level ${depth + 1}`);
};

const inspectReading = (state: TreeState): Reading => {
	const lines = treeLines(state);
	const line = lines[state.cursor];
	return {
		key: `inspect ${state.title}`,
		heading: sentence(state.title, state.isJson && 'as JSON', state.search !== '' && `search ${state.search}`),
		opening: [],
		...(line && {cursor: {id: `${line.path} ${line.isFolded} ${state.isJson}`, text: sentence(treeText(line, state.isJson), `line ${state.cursor + 1} of ${lines.length}`)}}),
		whole: () => lines.map(each => treeText(each, state.isJson)),
	};
};

const textViewReading = (controller: View & Data & Setting): Reading | undefined => {
	const ui = controller.getState();
	const {view} = ui;
	if (!isTextView(view)) {
		return undefined;
	}

	const {store, listItems, theme} = controller;
	const source = {ui, store: store.getState(), listItems: listItems(), theme, isSpoken: true};
	const content = textViewContent(view, source, {width: Infinity, height: 1});
	if (!content) {
		return undefined;
	}

	const {title, id, lines} = content;
	const top = topOf(view, content, ui.scroll, 1);
	return {
		key: `${view} ${view === 'topology' ? '' : id}`,
		heading: title.replace(/^\d /v, ''),
		opening: lines,
		cursor: {id: String(top), text: sentence(lines[top] ?? '', `line ${top + 1} of ${lines.length}`), isInOpening: true},
		whole: () => lines,
	};
};

const activityReading = ({getState}: View): Reading => {
	const ui = getState();
	const rows = activityRows(ui);
	const cursor = activityCursor(rows, ui.activity);
	const textOf = (index: number) => {
		const row = rows[index]!;
		return sentence(activityTitle(row), activityState(row), activityResult(row), `row ${index + 1} of ${rows.length}`);
	};

	const row = rows[cursor];
	return {
		key: 'activity',
		heading: sentence('Activity', count(rows.length, 'row'), ui.jobs.length > 0 && `${ui.jobs.length} running`, rows.length === 0 && 'nothing was done from here yet'),
		opening: [],
		...row && {cursor: {id: `${row.id} ${activityState(row)}`, text: sentence(textOf(cursor), ...activityHints(row))}},
		whole: () => rows.flatMap((each, index) => [textOf(index), ...index === cursor ? activityDetails(each) : []]),
	};
};

/** The focused pane or view in words, without the dialog over it. */
export const paneReading = (controller: View & Data & Setting): Reading => {
	const {view, focus, inspect} = controller.getState();
	const store = controller.store.getState();
	const nothing = (heading: string): Reading => ({key: `nothing ${view}`, heading, opening: [], whole: () => []});
	if (!store.snapshot) {
		return nothing(emptyText(store, '', ''));
	}

	if (view === 'inspect' && inspect) {
		return inspectReading(inspect);
	}

	if (view === 'activity') {
		return activityReading(controller);
	}

	if (isTextView(view)) {
		return textViewReading(controller) ?? nothing('There is nothing to show');
	}

	if (view === 'main' && focus === 'logs') {
		return logsReading(controller);
	}

	return listReading(controller.activeList() ?? 'containers', controller);
};
