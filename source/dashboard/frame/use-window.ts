import {useLayoutEffect} from 'react';
import {windowStart} from '../state/list-state.js';
import type {WindowName} from '../state/ui-state.js';
import {useController} from './context.js';

/** First of the rows of a list that are shown. Where it stands follows from where the cursor was before, and is looked up by a mouse that points at a row. */
export const useWindow = (name: WindowName, cursor: number, height: number, length: number): number => {
	const {windows} = useController();
	const start = windowStart(cursor, height, length, windows.get(name));
	useLayoutEffect(() => {
		windows.set(name, start);
	}, [windows, name, start]);
	return start;
};
