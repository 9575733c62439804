import type {Container} from '../../engine/resources.js';
import {lastResult} from '../state/memo.js';
import {isTextView, type UiState} from '../state/ui-state.js';
import type {Data, Setting, View} from '../work/controller.js';
import {withoutMachines, type KeyMaps} from './key-maps.js';
import type {KeyMap} from './keys.js';

/** Which map holds first for what is on the screen. */
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

/** All key maps without what the engine that is shown cannot do. */
export const availableMaps = ({keyMaps, store}: Data & Setting): KeyMaps =>
	hasMachines(store.getState().snapshot?.containers ?? []) ? keyMaps : withoutMachines(keyMaps);

/** The maps that hold now, the nearest first. */
export const activeMaps = (controller: View & Data & Setting): readonly KeyMap[] => {
	const {activeList, getState} = controller;
	const state = getState();
	const keyMaps = availableMaps(controller);
	// What is drawn as lines has a list behind it that is not to be seen: it is not to be marked or sorted there.
	const moving = isTextView(state.view) ? [keyMaps.textView] : (activeList() ? [keyMaps.list] : []);
	return [keyMaps[placeOf(state)], ...moving, keyMaps.global];
};
