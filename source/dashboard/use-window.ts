import {useRef} from 'react';
import {windowStart} from './list-state.js';

/** First of the rows of a list that are shown. Where it stands is nothing that anybody else has to know, and follows from where the cursor was before. */
export const useWindow = (cursor: number, height: number, length: number): number => {
	const before = useRef(0);
	before.current = windowStart(cursor, height, length, before.current);
	return before.current;
};
