import test from 'ava';
import {hasJumped, keepClocks} from '../../../source/host/engine/clocks.js';
import {correctionFor} from '../../../source/host/machines/clock.js';
import {type Machine} from '../../../source/host/machines/running-machine.js';

test('small clock offsets are ignored, and the uncertainty of a reading counts', t => {
	for (const [offsetMs, uncertaintyMs] of [[0, 0], [99, 1], [-99, 1], [300, 250], [-1000, 950]] as const) {
		t.deepEqual(correctionFor({offsetMs, uncertaintyMs}), {kind: 'none'});
	}
});

test('a slightly wrong guest clock is slewed, a very wrong one is set', t => {
	t.deepEqual(correctionFor({offsetMs: 150, uncertaintyMs: 5}), {kind: 'slew', microseconds: -150_000});
	t.deepEqual(correctionFor({offsetMs: -150.5, uncertaintyMs: 5}), {kind: 'slew', microseconds: 150_500});
	t.deepEqual(correctionFor({offsetMs: 251, uncertaintyMs: 5}), {kind: 'set'});
	t.deepEqual(correctionFor({offsetMs: -3_600_000, uncertaintyMs: 50}), {kind: 'set'});
});

test('a suspend or a clock change of the host is detected', t => {
	const before = {wall: 1_000_000, steady: 5000};
	t.false(hasJumped(before, {wall: 1_005_000, steady: 10_000}));
	// Slewing by an NTP client, and a late timer.
	t.false(hasJumped(before, {wall: 1_005_010, steady: 10_000}));
	t.false(hasJumped(before, {wall: 1_065_000, steady: 70_000}));
	t.true(hasJumped(before, {wall: 4_605_000, steady: 10_000}));
	t.true(hasJumped(before, {wall: 1_004_000, steady: 10_000}));
});

test('every clock is set when the host has slept, and read from time to time while it is awake', async t => {
	const [isSet, isRead] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
	let steady = 0;
	let sleptMs = 0;
	const stop = keepClocks({
		running: () => [
			{
				name: 'web', machine: {
					agent: {
						async open() {
							throw new Error('it says nothing');
						},
					} as unknown as Machine['agent'],
					async setClock() {
						isSet.resolve();
					},
				},
			},
		],
		log(line) {
			if (line === 'the clock of web was not corrected: it says nothing') {
				isRead.resolve();
				sleptMs = 60_000;
			}
		},
		hostClocks() {
			steady += 1000;
			return {wall: steady + sleptMs, steady};
		},
		jumpIntervalMs: 1,
		readingIntervalMs: 1,
	});
	// Its timers are unreferenced.
	const alive = setInterval(() => undefined, 1000);
	t.teardown(() => {
		clearInterval(alive);
		stop();
	});
	await t.notThrowsAsync(Promise.all([isRead.promise, isSet.promise]));
});
