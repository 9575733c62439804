import {useLayoutEffect} from 'react';
import {windowStart} from '../state/list-state.js';
import type {WindowName} from '../state/ui-state.js';
import {useController} from './context.js';

/** Index of the first visible row of a list. It depends on the previous one, and the mouse uses it to find a row. */
export const useWindow = (name: WindowName, cursor: number, height: number, length: number): number => {
	const {windows} = useController();
	const start = windowStart(cursor, height, length, windows.get(name));
	useLayoutEffect(() => {
		windows.set(name, start);
	}, [windows, name, start]);
	return start;
};
