import type {Actions} from '../work/actions.js';
import {changeListNamed} from '../work/global-actions.js';
import type {ListName} from '../state/ui-state.js';
import {sortAction} from './sort-keys.js';
import {sortColumns} from './sorts.js';

/** Sort the lists by their columns. */
export const sortActions: Actions = Object.fromEntries(Object.entries(sortColumns).flatMap(([list, columns]) => columns.map(column => [
	sortAction(list as ListName, column.key),
	controller => {
		changeListNamed(controller, list as ListName, {type: 'sortBy', column});
	},
])));
