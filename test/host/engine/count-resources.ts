/** Loaded into a daemon by a test: counts its open resources by kind, including unreferenced timers, and writes the counts to a file on SIGWINCH. */
import {createHook} from 'node:async_hooks';
import {renameSync, writeFileSync} from 'node:fs';
import process from 'node:process';

const live = new Map<number, string>();

createHook({
	init(id, type) {
		// Promises are only destroyed by the garbage collector.
		if (type !== 'PROMISE') {
			live.set(id, type);
		}
	},
	destroy(id) {
		live.delete(id);
	},
}).enable();

process.on('SIGWINCH', () => {
	const counts: Record<string, number> = {};
	for (const type of live.values()) {
		counts[type] = (counts[type] ?? 0) + 1;
	}

	const file = `${process.env.HOLM_TEST_COUNTS}/${process.pid}`;
	writeFileSync(`${file}.new`, JSON.stringify(counts));
	renameSync(`${file}.new`, file);
});
