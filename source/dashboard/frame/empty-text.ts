import type {StoreState} from '../state/store.js';
import {clean} from '../../text/fit.js';

/** The message of an empty list or view; `none` if neither the connection nor the filter is the reason. */
export const emptyText = ({connection, snapshot}: StoreState, filter: string, none: string): string => {
	if (!snapshot) {
		return connection.state === 'lost' ? `No engine: ${clean(connection.reason)}${connection.remedy === undefined ? '' : ` (${clean(connection.remedy)})`}` : 'Connecting to the engine…';
	}

	return filter === '' ? none : 'No matches for the filter; Esc clears it';
};
