import {createContext, use, useSyncExternalStore} from 'react';
import type {Controller} from '../work/controller.js';
import type {StoreState} from '../state/store.js';
import type {UiState} from '../state/ui-state.js';
import type {Theme} from './theme.js';

const ControllerContext = createContext<Controller | undefined>(undefined);

export const ControllerProvider = ControllerContext;

/** The dashboard's controller. Throws outside a `ControllerProvider`. */
export const useController = (): Controller => {
	const controller = use(ControllerContext);
	if (!controller) {
		throw new Error('not inside a dashboard');
	}

	return controller;
};

export const useUi = (): UiState => {
	const {subscribe, getState} = useController();
	return useSyncExternalStore(subscribe, getState, getState);
};

export const useStore = (): StoreState => {
	const {store} = useController();
	return useSyncExternalStore(store.subscribe, store.getState, store.getState);
};

export const useTheme = (): Theme => useController().theme;
