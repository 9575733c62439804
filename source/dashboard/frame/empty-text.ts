import type {StoreState} from '../state/store.js';
import {clean} from '../../text/fit.js';

/** What is said where a list or a view has nothing to show. */
export const emptyText = ({connection, snapshot}: StoreState, filter: string, none: string): string => {
	if (!snapshot) {
		return connection.state === 'lost' ? `No engine: ${clean(connection.reason)}${connection.remedy === undefined ? '' : ` (${clean(connection.remedy)})`}` : 'Connecting to the engine…';
	}

	return filter === '' ? none : 'Nothing passes the filter; Esc clears it';
};
