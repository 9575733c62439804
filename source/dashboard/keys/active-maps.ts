import type {Container} from '../../engine/resources.js';
import {lastResult} from '../state/memo.js';
import {isTextView, type UiState} from '../state/ui-state.js';
import type {Data, Setting, View} from '../work/controller.js';
import {withoutMissing, type KeyMaps} from './key-maps.js';
import type {KeyMap} from './keys.js';

/** The place whose key map comes first for the current view. */
export const placeOf = ({view, focus}: UiState): keyof KeyMaps => {
	switch (view) {
		case 'main': {
			return focus;
		}

		case 'machine': {
			return 'containers';
		}

		case 'topology':
		case 'addresses': {
			return 'networks';
		}

		case 'activity':
		case 'inspect':
		case 'images':
		case 'volumes':
		case 'dns':
		case 'events': {
			return view;
		}
	}
};

const hasMachines = lastResult((containers: readonly Container[]) => containers.some(({machine}) => machine !== undefined));

/** All key maps, without the actions that the current engine does not support. */
export const availableMaps = ({keyMaps, store}: Data & Setting): KeyMaps => {
	const {containers = [], builder} = store.getState().snapshot ?? {};
	return withoutMissing(keyMaps, hasMachines(containers) || builder?.container.machine !== undefined, builder !== undefined);
};

/** The active key maps; earlier ones take precedence. */
export const activeMaps = (controller: View & Data & Setting): readonly KeyMap[] => {
	const {activeList, getState} = controller;
	const state = getState();
	const keyMaps = availableMaps(controller);
	// Text views hide the list that they follow, so the keys that mark and sort are off.
	const moving = isTextView(state.view) ? [keyMaps.textView] : (activeList() ? [keyMaps.list] : []);
	return [keyMaps[placeOf(state)], ...moving, keyMaps.global];
};
