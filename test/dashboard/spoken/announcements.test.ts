import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {announcements, type Moment} from '../../../source/dashboard/spoken/announcements.js';
import type {Reading} from '../../../source/dashboard/spoken/reading.js';
import {plain, spokenBytes, spokenDuration, spokenPercent} from '../../../source/dashboard/spoken/words.js';
import {containerConfiguration} from '../helpers/configurations.js';

const reading = (given: Partial<Reading> = {}): Reading => ({key: 'list', heading: 'List, 2 rows', opening: [], cursor: {id: 'a', text: 'a, row 1 of 2'}, whole: () => [], ...given});

const moment = (given: Partial<Moment> = {}): Moment => ({
	store: {connection: {state: 'connected'}}, isReadOnly: false, pane: reading(), notice: '', jobs: [], ...given,
});

test('sizes, percentages and durations are words', t => {
	t.is(spokenBytes(97 * 2 ** 20), '97 megabytes');
	t.is(spokenBytes(1.5 * 2 ** 30), '1.5 gigabytes');
	t.is(spokenBytes(12), '12 bytes');
	t.is(spokenPercent(12.4), '12 percent');
	t.is(spokenPercent(0.44), '0.4 percent');
	t.is(spokenDuration(60_000), '1 minute');
	t.is(spokenDuration(3 * 3_600_000), '3 hours');
});

test('drawing and control characters are not announced', t => {
	t.is(plain('a ┌──┐ b ▁▂█ c ⠋ d'), 'a   b   c   d');
	t.false(plain('x\u{1B}[2J\u{7}y').includes('\u{1B}'));
});

test('an unchanged moment announces nothing, and neither do statistics', t => {
	const first = moment();
	t.deepEqual(announcements(first, moment()), []);
	t.deepEqual(announcements(first, moment({pane: reading({cursor: {id: 'a', text: 'a, CPU 99 percent, row 1 of 2'}})})), []);
});

test('a moved cursor announces only its row', t => {
	t.deepEqual(announcements(moment(), moment({pane: reading({cursor: {id: 'b', text: 'b, row 2 of 2'}})})), ['b, row 2 of 2']);
});

test('another pane is announced from its heading, and after a dialog without its opening', t => {
	const other = reading({key: 'other', heading: 'Other', opening: ['one', 'two'], cursor: {id: '1', text: 'one', isInOpening: true}});
	t.deepEqual(announcements(moment(), moment({pane: other})), ['Other', 'one', 'two']);
	const over = reading({key: 'dialog', heading: 'Question: Remove?', opening: ['it is lost'], cursor: {id: 'no', text: 'Answer: Cancel'}});
	t.deepEqual(announcements(moment({pane: other}), moment({pane: other, over})), ['Question: Remove?', 'it is lost', 'Answer: Cancel']);
	t.deepEqual(announcements(moment({pane: other, over}), moment({pane: other})), ['Other', 'one']);
});

test('states of containers, the connection, notices and jobs are announced once', async t => {
	const engine = createMemoryEngine();
	await engine.createContainer(containerConfiguration({name: 'web'}));
	const before = await engine.snapshot();
	await engine.startContainer('web');
	await engine.createContainer(containerConfiguration({name: 'new'}));
	const after = await engine.snapshot();
	const at = (snapshot: typeof before, given: Partial<Moment> = {}) => moment({store: {connection: {state: 'connected'}, snapshot}, ...given});
	t.deepEqual(announcements(at(before), at(after)), ['new is new, created', 'web is now running']);
	t.deepEqual(announcements(at(after), at(before)), ['web is now created', 'new is gone']);
	t.deepEqual(announcements(at(after), at(after, {store: {snapshot: after, connection: {state: 'lost', since: 0, reason: 'it went', remedy: 'start it'}}})), ['Connection lost, reconnecting, it went, start it']);
	t.deepEqual(announcements(at(after), at(after, {notice: 'Copied', jobs: [{id: 1, title: 'Pulling redis'}]})), ['Pulling redis, Control X cancels', 'Copied']);
	t.deepEqual(announcements(at(after, {notice: 'Copied'}), at(after, {notice: 'Copied'})), []);
	engine.close();
});
