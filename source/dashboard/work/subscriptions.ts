import type {Attention} from '../../engine/snapshot.js';
import {selectedBuilder} from '../builder/builder-actions.js';
import {builderRow} from '../builder/builder-row.js';
import {sinceChoices} from '../logs/logs-state.js';
import {underCursor} from '../state/list-items.js';
import type {UiState} from '../state/ui-state.js';
import {readRecords} from '../views/records.js';
import type {Data, Setting, View} from './controller.js';

/** Milliseconds that the cursor rests on a container before its logs open, so that moving through the list opens none. */
export const followDelay = 150;

const networkViews: ReadonlySet<string> = new Set(['dns', 'topology', 'addresses']);

/** Lists, beside the containers, that the user looks into. */
const shownIn = ({view, focus}: Pick<UiState, 'view' | 'focus'>): Attention['shown'] => {
	if (view === 'images' || view === 'volumes') {
		return [view];
	}

	return networkViews.has(view) || (view === 'main' && focus === 'networks') ? ['networks'] : [];
};

/** Reads what the current view needs: follows logs, reads DNS records, watches statistics. The returned function stops all of it. */
export const startSubscriptions = (controller: View & Data & Setting): (() => void) => {
	const {store, logs, getState, set, listItems, subscribe} = controller;
	let timer: NodeJS.Timeout | undefined;
	let followed = '';
	let passed: string | undefined;
	let recordsOf: unknown;
	let endStats: (() => void) | undefined;
	let endSteps: (() => void) | undefined;
	let since: {readonly choice: number; readonly from?: number} = {choice: 0};

	const follow = () => {
		timer = undefined;
		const {snapshot, connection} = store.getState();
		if (!snapshot || connection.state !== 'connected') {
			return;
		}

		const state = getState();
		const wanted = new Set(state.followed ?? underCursor(listItems(), state, 'containers').map(({id}) => id));
		const rows = snapshot.builder ? [...snapshot.containers, builderRow(snapshot.builder)] : snapshot.containers;
		const targets = rows.filter(({id}) => wanted.has(id)).map(({id, name, status}) => ({
			id,
			name,
			startedAt: 'startedAt' in status ? status.startedAt : 0,
			isRunning: status.state === 'running' || status.state === 'paused',
			isBoot: state.isBootLog,
		}));
		if (state.logs.since !== since.choice) {
			const {milliseconds} = sinceChoices[state.logs.since]!;
			since = {choice: state.logs.since, ...(milliseconds !== undefined && {from: controller.now() - milliseconds})};
		}

		const ids = targets.map(({id, isBoot}) => `${id} ${isBoot}`).join(' ');
		if (ids !== followed) {
			followed = ids;
			set({logs: {...getState().logs, position: {type: 'following'}, column: 0}});
		}

		logs.follow(store.engine(), targets, since.from);
	};

	const read = async () => {
		const {snapshot} = store.getState();
		if (snapshot && getState().view === 'dns' && recordsOf !== snapshot) {
			recordsOf = snapshot;
			try {
				const engine = store.engine();
				const records = await readRecords(engine, snapshot, getState().records);
				if (engine === store.engine()) {
					set({records, lacksRecords: records === undefined});
				}
			} catch {
				// The connection is lost; the next snapshot asks again.
				recordsOf = undefined;
			}
		}
	};

	// Statistics and steps are read only while they are visible.
	const watch = () => {
		const {view, isZoomed, focus} = getState();
		store.show(shownIn(getState()));
		const isWanted = view === 'machine' || (view === 'main' && (!isZoomed || focus === 'containers'));
		if (isWanted && !endStats) {
			endStats = store.watchStats();
		} else if (!isWanted && endStats) {
			endStats();
			endStats = undefined;
		}

		const isBuilderSeen = isWanted && (view === 'machine' ? selectedBuilder(controller) : listItems().containers.at(-1)?.builder) !== undefined;
		if (isBuilderSeen && !endSteps) {
			endSteps = store.watchSteps();
		} else if (!isBuilderSeen && endSteps) {
			endSteps();
			endSteps = undefined;
		}
	};

	const onChange = () => {
		watch();
		logs.pause(getState().logs.position.type === 'paused');
		const {selectedId} = getState().lists.containers;
		if (selectedId !== passed) {
			passed = selectedId;
			clearTimeout(timer);
			timer = undefined;
		}

		timer ??= setTimeout(follow, followDelay);
		void read();
	};

	const ends = [store.subscribe(onChange), subscribe(onChange)];
	watch();
	return () => {
		clearTimeout(timer);
		endStats?.();
		endSteps?.();
		for (const end of ends) {
			end();
		}

		logs.stop();
	};
};
