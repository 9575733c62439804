import type {Size} from '../frame/lines.js';
import {cursorOf, windowStart} from '../state/list-state.js';
import {addressSentences, machineSentences, topologySentences} from '../spoken/text-views.js';
import {idsOf, selectedIn, type Shown} from '../state/list-items.js';
import type {StoreState} from '../state/store.js';
import {clean} from '../../text/fit.js';
import type {Theme} from '../frame/theme.js';
import type {DrawnViewName, Scroll, UiState, ViewName} from '../state/ui-state.js';
import {addressesLines} from './addresses-lines.js';
import {machineLines} from './machine-lines.js';
import {topologyLines} from './topology-lines.js';

export type Drawn = {
	readonly title: string;
	/** What it is about; the scroll is forgotten with it. */
	readonly id: string;
	readonly lines: readonly string[];
	/** First line that is shown as long as nobody scrolled. */
	readonly start: number;
};

type Source = {readonly ui: UiState; readonly store: StoreState; readonly shown: Shown; readonly theme: Theme; /** As sentences for whoever has them read out; default false. */ readonly isSpoken?: boolean};

/** All lines of a view, however many of them fit; undefined where there is nothing that it could be about. */
export const drawnOf = (view: DrawnViewName, {ui, store: {snapshot, usage}, shown, theme, isSpoken}: Source, size: Size): Drawn | undefined => {
	const network = selectedIn(shown, ui, 'networks');
	const container = selectedIn(shown, ui, 'containers');
	if (snapshot && view === 'topology') {
		const filtered = {...snapshot, networks: shown.networks};
		const lines = isSpoken ? topologySentences(filtered, network?.id) : topologyLines(filtered, network?.id, size, theme);
		const selected = lines.findIndex(line => network !== undefined && line.includes(clean(network.name)));
		return {title: '8 Topology', id: network?.id ?? '', lines, start: windowStart(selected, size.height, lines.length)};
	}

	if (snapshot && network && view === 'addresses') {
		return {title: `Addresses of ${clean(network.name)}: ${clean(network.subnet)}`, id: network.id, lines: isSpoken ? addressSentences(network, snapshot) : addressesLines(network, snapshot, size, theme), start: 0};
	}

	if (container && view === 'machine') {
		return {
			title: `9 Machine ${cursorOf(ui.lists.containers, idsOf(shown, 'containers')) + 1} of ${shown.containers.length}`,
			id: container.id,
			lines: isSpoken ? machineSentences(container, usage[container.id]) : machineLines(container, usage[container.id], size, theme),
			start: 0,
		};
	}

	return undefined;
};

/** First line that is shown. */
export const topOf = (view: ViewName, {id, lines, start}: Drawn, scroll: Scroll | undefined, height: number): number => {
	const wanted = scroll?.view === view && scroll.id === id ? scroll.top : start;
	return Math.max(0, Math.min(wanted, lines.length - height));
};

export type ScrollAction = {readonly type: 'move' | 'page'; readonly by: number} | {readonly type: 'first' | 'last'};

/** First line after a key; a page leaves one line of what was seen. */
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
