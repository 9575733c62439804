import {clean} from '../../text/fit.js';
import type {Actions} from '../work/actions.js';
import type {Data, Setting, View} from '../work/controller.js';
import {activityCursor, activityRows, selectedActivity} from './activity-rows.js';
import type {HistoryEntry} from './history.js';

const move = (by: number | ((controller: Setting) => number)) => (controller: View & Setting) => {
	const {getState, set} = controller;
	const ui = getState();
	const rows = activityRows(ui);
	const wanted = activityCursor(rows, ui.activity) + (typeof by === 'number' ? by : by(controller));
	const index = Math.max(0, Math.min(rows.length - 1, wanted));
	const row = rows[index];
	if (row && (row.id !== ui.activity.id || index !== ui.activity.index)) {
		set({activity: {id: row.id, index}});
	}
};

// Half of the screen has the details.
const page = ({terminal}: Setting) => Math.max(1, Math.floor(terminal.size().rows / 2) - 3);

/** The entry under the cursor; says why if it cannot be used. */
const usable = ({getState, notify, store}: View & Data, doing: string): HistoryEntry | undefined => {
	const row = selectedActivity(getState());
	if (row?.type !== 'entry') {
		notify(row ? `It still runs: x cancels it, then it can be ${doing}` : 'Nothing was done yet');
		return undefined;
	}

	const {host} = row.entry;
	const {target} = store.getState();
	if (host !== target?.host) {
		notify(clean(`It was done on ${host ?? 'another engine'}: switch to it with E first`));
		return undefined;
	}

	return row.entry;
};

export const activityActions: Actions = {
	'activity.up': move(-1),
	'activity.down': move(1),
	'activity.pageUp': move(controller => -page(controller)),
	'activity.pageDown': move(page),
	'activity.first': move(-Infinity),
	'activity.last': move(Infinity),
	'activity.repeat'(controller) {
		const entry = usable(controller, 'repeated');
		if (entry?.repeat) {
			entry.repeat();
		} else if (entry) {
			controller.notify('It cannot be repeated; y copies its command lines');
		}
	},
	'activity.undo'(controller) {
		const entry = usable(controller, 'undone');
		if (entry?.undo && entry.outcome !== 'undone') {
			controller.set({history: controller.getState().history.map(other => other.id === entry.id && entry.undoes === 'at once' ? {...other, outcome: 'undone'} : other)});
			entry.undo();
		} else if (entry) {
			controller.notify(entry.outcome === 'undone' ? 'It is undone already' : 'It cannot be undone');
		}
	},
	'activity.cancel'(controller) {
		const row = selectedActivity(controller.getState());
		if (row?.type === 'job') {
			row.job.cancel();
		} else {
			controller.notify('This job does not run any more');
		}
	},
	'activity.copy'(controller) {
		const row = selectedActivity(controller.getState());
		const commands = row?.type === 'job' ? row.job.commands : row?.entry.commands ?? [];
		if (commands.length === 0) {
			controller.notify('There is no command line to copy');
			return;
		}

		// A name with control characters must not reach a shell.
		const lines = commands.map(line => clean(line));
		controller.terminal.copy(lines.join('\n'));
		controller.notify(`Copied ${lines.length === 1 ? lines[0]! : `${lines.length} command lines`}`);
	},
};
