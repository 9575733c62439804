/** Loaded into a daemon by a test: counts what it holds of each kind, timers also that keep nothing alive, and writes that down when it gets SIGWINCH. */
import {createHook} from 'node:async_hooks';
import {renameSync, writeFileSync} from 'node:fs';
import process from 'node:process';

const live = new Map<number, string>();

createHook({
	init(id, type) {
		// A promise's end is only known to the garbage collector.
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
