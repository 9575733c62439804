import type {Controller} from '../work/controller.js';
import {emptyText} from '../frame/empty-text.js';
import {emptyLines, Lines, type Size} from '../frame/lines.js';
import {Panel} from '../frame/panel.js';
import {cursorOf, windowStart} from '../state/list-state.js';
import {addressSentences, machineSentences, topologySentences} from '../spoken/text-views.js';
import {selectedIn, underCursor, type ListItems} from '../state/list-items.js';
import type {StoreState} from '../state/store.js';
import {clean} from '../../text/fit.js';
import type {Theme} from '../frame/theme.js';
import type {TextViewName, Scroll, UiState, ViewName} from '../state/ui-state.js';
import {addressesLines} from './addresses-lines.js';
import {machineLines} from './machine-lines.js';
import {topologyLines} from './topology-lines.js';

export type TextViewContent = {
	readonly title: string;
	/** Id of the network or container; another one resets the scroll position. */
	readonly id: string;
	readonly lines: readonly string[];
	/** First visible line before any scrolling. */
	readonly start: number;
};

type Source = {
	readonly ui: UiState;
	readonly store: StoreState;
	readonly listItems: ListItems;
	readonly theme: Theme;
	/** Sentences for a screen reader; default false. */
	readonly isSpoken?: boolean;
};

/** All lines of a text view; undefined without a network or container to show. */
export const textViewContent = (view: TextViewName, source: Source, size: Size): TextViewContent | undefined => {
	const {ui, store: {snapshot, usage}, listItems, theme, isSpoken} = source;
	const network = selectedIn(listItems, ui, 'networks');
	// On the heading of a project, its first container.
	const container = underCursor(listItems, ui, 'containers')[0];
	if (snapshot && view === 'topology') {
		const filtered = {...snapshot, networks: listItems.networks};
		const lines = isSpoken ? topologySentences(filtered, network?.id) : topologyLines(filtered, network?.id, size, theme);
		const selected = lines.findIndex(line => network !== undefined && line.includes(clean(network.name)));
		return {title: '8 Topology', id: network?.id ?? '', lines, start: windowStart(selected, size.height, lines.length)};
	}

	if (snapshot && network && view === 'addresses') {
		return {title: `Addresses of ${clean(network.name)}: ${clean(network.subnet)}`, id: network.id, lines: isSpoken ? addressSentences(network, snapshot) : addressesLines(network, snapshot, size, theme), start: 0};
	}

	if (container && view === 'machine') {
		return {
			title: `9 Machine ${listItems.containers.indexOf(container) + 1} of ${listItems.containers.length}`,
			id: container.id,
			lines: isSpoken ? machineSentences(container, usage[container.id]) : machineLines(container, usage[container.id], size, theme),
			start: 0,
		};
	}

	return undefined;
};

/** Index of the first visible line. */
export const topOf = (view: ViewName, {id, lines, start}: TextViewContent, scroll: Scroll | undefined, height: number): number => {
	const wanted = scroll?.view === view && scroll.id === id ? scroll.top : start;
	return Math.max(0, Math.min(wanted, lines.length - height));
};

export type ScrollAction = {readonly type: 'move' | 'page'; readonly by: number} | {readonly type: 'first' | 'last'};

/** Index of the first visible line after scrolling; a page keeps one line in view. */
export const scrolledTop = (top: number, action: ScrollAction, length: number, height: number): number => {
	const wantedTop = () => {
		switch (action.type) {
			case 'move': {
				return top + action.by;
			}

			case 'page': {
				return top + action.by * Math.max(1, height - 1);
			}

			case 'first': {
				return 0;
			}

			case 'last': {
				return length;
			}
		}
	};

	return Math.max(0, Math.min(wantedTop(), length - height));
};

type TextViewProps = Size & {
	readonly view: TextViewName;
	readonly controller: Controller;
	readonly ui: UiState;
	readonly store: StoreState;
	readonly listItems: ListItems;
};

/** Size of the text in a view of this size. */
export const textViewSize = ({width, height}: Size): Size => ({width: width - 4, height: height - 2});

/** A text view at its scroll position. */
export const TextView = ({view, controller: {theme}, ui, store, listItems, width, height}: TextViewProps) => {
	const size = textViewSize({width, height});
	const isStale = store.connection.state === 'lost';
	const content = textViewContent(view, {ui, store, listItems, theme}, size);
	if (!content) {
		const lines = emptyLines(emptyText(store, '', 'There is nothing to show'), size, theme);
		return <Panel isFocused title='' {...{width, height, isStale}}><Lines lines={lines} width={width - 2} height={size.height}/></Panel>;
	}

	const {title, lines} = content;
	const top = topOf(view, content, ui.scroll, size.height);
	const last = Math.min(lines.length, top + size.height);
	const note = lines.length > size.height ? `${top + 1}-${last} of ${lines.length}` : '';
	return <Panel isFocused {...{title, note, width, height, isStale}}><Lines lines={lines.slice(top, last).map(line => ` ${line}`)} width={width - 2} height={size.height}/></Panel>;
};
