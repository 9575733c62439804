import type {Controller} from '../work/controller.js';
import {emptyText} from '../frame/empty-text.js';
import {emptyLines, Lines, type Size} from '../frame/lines.js';
import {Panel} from '../frame/panel.js';
import type {Shown} from '../state/list-items.js';
import type {StoreState} from '../state/store.js';
import {type UiState, type DrawnViewName} from '../state/ui-state.js';
import {drawnOf, topOf} from './text-view.js';

type DrawnViewProps = Size & {readonly view: DrawnViewName; readonly controller: Controller; readonly ui: UiState; readonly store: StoreState; readonly shown: Shown};

/** Room for lines in a view of this size. */
export const drawnSize = ({width, height}: Size): Size => ({width: width - 4, height: height - 2});

/** A view of lines, as far down as it was scrolled. */
export const DrawnView = ({view, controller: {theme}, ui, store, shown, width, height}: DrawnViewProps) => {
	const size = drawnSize({width, height});
	const isStale = store.connection.state === 'lost';
	const drawn = drawnOf(view, {ui, store, shown, theme}, size);
	if (!drawn) {
		const lines = emptyLines(emptyText(store, '', 'There is nothing to show'), size, theme);
		return <Panel isFocused title='' {...{width, height, isStale}}><Lines lines={lines} width={width - 2} height={size.height}/></Panel>;
	}

	const {title, lines} = drawn;
	const top = topOf(view, drawn, ui.scroll, size.height);
	const last = Math.min(lines.length, top + size.height);
	const note = lines.length > size.height ? `${top + 1}-${last} of ${lines.length}` : '';
	return <Panel isFocused {...{title, note, width, height, isStale}}><Lines lines={lines.slice(top, last).map(line => ` ${line}`)} width={width - 2} height={size.height}/></Panel>;
};
