import test from 'ava';
import {type Qmp, type QmpEvent} from '../../../source/host/machines/qmp.js';
import {watchDiskFull} from '../../../source/host/machines/disk-full.js';

test('a machine that continues after a full disk is reported, to set its clock', async t => {
	const listeners = new Set<(event: QmpEvent) => void>();
	const emit = (event: QmpEvent) => {
		for (const listener of listeners) {
			listener(event);
		}
	};

	const qmp: Qmp = {
		execute: async () => ({status: 'running'}),
		onEvent(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		closed: new Promise(() => {}),
		close: () => undefined,
	};
	const settled = Promise.withResolvers<void>();
	let count = 0;
	const diskFull = watchDiskFull(qmp, () => {
		count++;
		settled.resolve();
	});
	// It ran before, and was paused and resumed.
	emit({name: 'RESUME', data: {}});
	emit({name: 'BLOCK_IO_ERROR', data: {nospace: true, action: 'stop'}});
	t.true(diskFull.isOut());
	emit({name: 'RESUME', data: {}});
	// Its timer is unreferenced.
	const timer = setTimeout(() => undefined, 60_000);
	await settled.promise;
	clearTimeout(timer);
	t.is(count, 1);
});
