import {stripVTControlCharacters as plain} from 'node:util';
import test from 'ava';
import {footerLine, headerLine} from '../../../source/dashboard/frame/bars.js';
import {openApp} from '../helpers/open-app.js';

const itemsOf = (line: string) => line.trim().split(/ {2,}/v);

test('header and footer end with a whole item in every width', async t => {
	await using app = await openApp();
	await app.shows('No containers');
	const {controller, store} = app;
	const bars = [
		(width: number) => plain(headerLine(store.getState(), controller, width, controller.theme)),
		(width: number) => plain(footerLine(controller, controller.getState(), width)),
	];
	for (const bar of bars) {
		const all = itemsOf(bar(400));
		t.true(all.length > 6);
		let last = 0;
		for (let width = 30; width <= 200; width++) {
			const line = bar(width);
			const items = itemsOf(line);
			t.true(line.length <= width);
			t.deepEqual(items, all.slice(0, items.length), `in ${width} columns`);
			t.true(items.length >= last);
			last = items.length;
		}

		t.is(last, all.length);
	}
});

test('a lost connection and a job are cut, not left out', async t => {
	await using app = await openApp();
	await app.shows('No containers');
	const {controller, store} = app;
	t.regex(headerLine({...store.getState(), connection: {state: 'connected'}, roundTripMs: 41.7}, controller, 80, controller.theme), /connected.* 42 ms away/v);
	const lost = headerLine({...store.getState(), connection: {state: 'lost', since: 0, reason: 'the socket is gone', remedy: 'start it'}}, controller, 40, controller.theme);
	t.is(plain(lost), ' holm  LOST since 00:00:00 UTC, reconne…');
	const job = {id: 1, title: 'Pulling docker.io/library/redis:alpine', progress: '25%', parts: [], startedAt: 0, commands: [], isCancelled: false, cancel() {}};
	const footer = (width: number) => plain(footerLine(controller, {...controller.getState(), jobs: [job]}, width));
	t.is(footer(20), ' Pulling docker.io/…');
	t.is(footer(80), ' Pulling docker.io/library/redis:alpine… 25% Ctrl-X cancels');
});
