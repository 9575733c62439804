import test from 'ava';
import {endsOf, endWords} from '../../../source/dashboard/views/event-ends.js';
import {eventRole, eventTexts, localTime} from '../../../source/dashboard/views/event-rows.js';
import type {EngineEvent} from '../../../source/engine/resources.js';

const event = (action: string, attributes: EngineEvent['attributes'] = {}, time = 0): EngineEvent => ({time, type: 'container', action, id: 'a', attributes});

/** The last end among events. */
const endOf = (...events: readonly EngineEvent[]) => [...endsOf(events).values()].at(-1)!;
const wordsOf = (...events: readonly EngineEvent[]) => {
	const end = endOf(...events);
	return `${end.isFailure ? 'failed: ' : ''}${endWords(end)}`;
};

test('an end that was asked for, or with status 0, is no failure', t => {
	const die = (exitCode: string, cause: string, by = 'none') => wordsOf(event('die', {exitCode, cause, by}));
	t.is(die('0', 'process'), 'exit 0, ended by itself');
	t.is(die('3', 'process'), 'failed: exit 3, the program reported an error, ended by itself');
	t.is(die('143', 'stop', 'holm (user ann)'), 'exit 143, terminated (SIGTERM), stopped by holm (user ann)');
	t.is(die('137', 'kill', 'x'), 'exit 137, killed (SIGKILL), signal from x');
	t.is(die('137', 'remove', 'x'), 'exit 137, killed (SIGKILL), removed by x');
	t.is(die('0', 'engine'), 'exit 0, stopped with the engine');
	t.is(die('137', 'out-of-memory'), 'failed: exit 137, killed (SIGKILL), out of memory');
	t.is(die('137', 'panic'), 'failed: exit 137, killed (SIGKILL), its kernel panicked');
	t.is(die('0', 'machine'), 'failed: exit 0, its machine ended');
});

test('an engine that does not say it: signals and stops around the end', t => {
	const die = (exitCode: string, time: number) => event('die', {exitCode}, time);
	t.is(wordsOf(die('1', 1)), 'failed: exit 1, the program reported an error');
	t.is(wordsOf(event('kill', {signal: '15'}, 1), die('143', 100_000)), 'exit 143, terminated (SIGTERM), a client sent SIGTERM');
	t.is(wordsOf(event('kill', {signal: '15'}, 1), die('1', 500)), 'exit 1, the program reported an error, a client sent SIGTERM');
	t.is(wordsOf(event('kill', {signal: '10'}, 1), die('1', 500)), 'failed: exit 1, the program reported an error');
	t.is(wordsOf(event('kill', {signal: '15'}, 1), event('start', {}, 2), die('143', 3)), 'failed: exit 143, terminated (SIGTERM)');
	t.is(wordsOf(event('kill', {signal: '15'}, 1), die('1', 40_000), event('stop', {}, 40_100)), 'exit 1, the program reported an error, stopped by a client');
	t.is(wordsOf(die('1', 1), event('stop', {}, 90_000)), 'failed: exit 1, the program reported an error');
	t.is(wordsOf(event('die', {}, 1)), 'failed: exit status not known');
});

test('labels cannot pass for the cause of an end', t => {
	t.is(wordsOf(event('die', {exitCode: '1', cause: 'stop'})), 'failed: exit 1, the program reported an error');
	t.is(wordsOf(event('die', {exitCode: '1', cause: 'toString', by: 'x'})), 'failed: exit 1, the program reported an error');
});

test('only failures are red', t => {
	const roleOf = (one: EngineEvent) => eventRole(one, endsOf([one]).get(one));
	t.is(roleOf(event('die', {exitCode: '0'})), 'text');
	t.is(roleOf(event('die', {exitCode: '1'})), 'bad');
	t.deepEqual(['kill', 'destroy', 'stop', 'disconnect'].map(action => roleOf(event(action))), ['text', 'text', 'text', 'text']);
	t.deepEqual(['oom', 'health_status: unhealthy'].map(action => roleOf(event(action))), ['bad', 'bad']);
	t.deepEqual(['start', 'create', 'health_status: healthy'].map(action => roleOf(event(action))), ['good', 'good', 'good']);
});

test('what ended it comes first, and nothing twice', t => {
	const died = event('die', {exitCode: '3', cause: 'process', by: 'none', name: 'web', image: 'box', tier: 'front', execDuration: '5'});
	t.deepEqual(eventTexts(died, endOf(died), () => undefined), {action: 'die', details: 'exit 3, the program reported an error, ended by itself; tier=front execDuration=5'});
	t.deepEqual(eventTexts(event('exec_create: sh -c true'), undefined, () => undefined), {action: 'exec_create', details: 'sh -c true'});
	t.deepEqual(eventTexts(event('connect', {container: 'b', type: 'bridge'}), undefined, id => `name of ${id}`), {action: 'connect', details: 'name of b type=bridge'});
});

test('times are local, with the date on another day', t => {
	const noon = new Date(2026, 1, 3, 12, 4, 5).getTime();
	t.is(localTime(noon, noon + 3_600_000), '12:04:05');
	t.is(localTime(noon, noon + 86_400_000), '02-03 12:04:05');
});
