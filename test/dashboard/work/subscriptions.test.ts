import {mock} from 'node:test';
import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import type {Controller} from '../../../source/dashboard/work/controller.js';
import {followDelay, startSubscriptions} from '../../../source/dashboard/work/subscriptions.js';
import {reduceList} from '../../../source/dashboard/state/list-state.js';
import type {LogTarget} from '../../../source/dashboard/logs/follow.js';
import {createItemsSelector} from '../../../source/dashboard/state/list-items.js';
import {initialUi} from '../../../source/dashboard/state/ui-state.js';

const {timers} = mock;

test.serial('logs open only where the cursor rests', async t => {
	const engine = createMemoryEngine({containers: 10, networks: 1, seed: 1});
	const snapshot = await engine.snapshot();
	const ids = snapshot.containers.map(({id}) => id);
	const store = {connection: {state: 'connected'}, snapshot, usage: {}, events: []} as const;
	const listItems = createItemsSelector();
	const opened: string[] = [];
	let ui = initialUi;
	let onChange = () => {};
	const change = (next: typeof ui) => {
		ui = next;
		onChange();
	};

	timers.enable({apis: ['setTimeout']});
	const stop = startSubscriptions({
		store: {
			getState: () => store, subscribe: () => () => {}, engine: () => engine, watchStats: () => () => {}, show() {},
		},
		logs: {
			follow(_: unknown, targets: readonly LogTarget[]) {
				opened.push(...targets.map(({id}) => id));
			},
			pause() {},
			stop() {},
		},
		getState: () => ui,
		set() {},
		listItems: () => listItems(store, ui),
		subscribe(listener: () => void) {
			onChange = listener;
			return () => {};
		},
		now: Date.now,
	} as unknown as Controller);
	t.teardown(() => {
		stop();
		timers.reset();
		engine.close();
	});

	for (let presses = 0; presses < 3; presses++) {
		change({...ui, lists: {...ui.lists, containers: reduceList(ui.lists.containers, {type: 'move', by: 1}, ids)}});
		timers.tick(followDelay - 1);
	}

	t.deepEqual(opened, []);
	// Other changes do not restart the delay.
	change({...ui, notice: 'copied'});
	timers.tick(1);
	t.deepEqual(opened, [ids[3]]);
});
