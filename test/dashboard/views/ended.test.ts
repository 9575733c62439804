import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {
	endedAt,
	endedLines,
	endedOf,
	nextSteps,
} from '../../../source/dashboard/views/ended.js';
import type {Container, EngineEvent, Exit} from '../../../source/engine/resources.js';
import {configuration, container} from '../../engine/resources.js';
import {containerConfiguration} from '../helpers/configurations.js';
import {openApp} from '../helpers/open-app.js';

const minute = 60_000;
const at = new Date(2026, 1, 3, 12, 0, 0).getTime();
const now = at + (3 * minute);

const exit: Exit = {
	at, exitCode: 137, cause: {kind: 'out-of-memory'}, startedAt: at - (120 * minute), memoryPeakBytes: 510 * 1024 ** 2, memoryLimitBytes: 512 * 1024 ** 2,
};

const ended = (given: Partial<Container> = {}): Container => container({
	name: 'web', status: {state: 'exited', exitCode: 137, outOfMemory: true, startedAt: at - (120 * minute), finishedAt: at}, ...given,
});

test('everything that the engine knows of an end', t => {
	const web = ended({lastExit: exit, restartCount: 2, configuration: configuration({restartPolicy: {name: 'on-failure', maximumRetryCount: 5}})});
	t.deepEqual(endedLines(endedOf(web)!, {container: web, now, lines: {stderr: ['last words\u{202E}'], stdout: [], boot: []}}), [
		'Ended 3 minutes ago, at 12:00:00, after it had run for 2 hours',
		'Exit status: 137, killed (SIGKILL)',
		'Ended by: its guest ran out of memory and killed it',
		'Memory: at most 510MiB of 512MiB, 100%',
		'Restarts: 2, policy on-failure, at most 5',
		'',
		'Last lines of its standard error',
		'  last words\\u202e',
		'',
		'Next',
		'  holm update --memory 1024m web  # twice the memory',
		'  holm start web',
	]);
});

test('an engine that knows less says less, and does not guess', t => {
	const web = ended({status: {state: 'exited', exitCode: 1, outOfMemory: false, reason: 'it said this', startedAt: 0, finishedAt: at}});
	t.deepEqual(endedLines(endedOf(web)!, {container: web, now}).slice(0, 5), [
		'Ended 3 minutes ago, at 12:00:00',
		'Exit status: 1, the program reported an error',
		'Ended by: not known',
		'Error: it said this',
		'Restarts: 0, policy no',
	]);
	t.is(endedLines(endedOf(web, 'a client sent SIGTERM')!, {container: web, now})[2], 'Ended by: a client sent SIGTERM');
	t.is(endedLines(endedOf(ended())!, {container: ended(), now})[2], 'Ended by: it ran out of memory');
	t.is(endedOf(container({status: {state: 'created'}})), undefined);
});

test('an event of the last run has all that the container knows, one of an earlier run what the event says', t => {
	const web = ended({lastExit: exit});
	const event: EngineEvent = {time: at + 20, type: 'container', action: 'die', id: web.id, attributes: {exitCode: '137', execDuration: '60'}};
	const end = {exitCode: 137, isFailure: true, who: 'out of memory'};
	t.is(endedAt(event, end, web).exit, exit);
	const earlier = endedAt({...event, time: at - (10 * minute)}, end, web);
	t.like(earlier, {at: at - (10 * minute), startedAt: at - (11 * minute), exitCode: 137, exit: undefined, who: 'out of memory'});
	const lines = endedLines(earlier, {container: undefined, now});
	t.is(lines[2], 'Ended by: out of memory');
	t.true(lines.includes('The container is gone: what is here is from its events'));
	t.false(lines.includes('Next'));
});

test('the next step depends on the end', t => {
	const steps = (change: Partial<Exit>) => nextSteps(ended({lastExit: {...exit, ...change}}), endedOf(ended({lastExit: {...exit, ...change}}))!).map(line => line.split('  #', 1)[0]);
	t.deepEqual(steps({exitCode: 1, cause: {kind: 'process'}}), ['holm logs --tail 100 web', 'holm start web']);
	t.deepEqual(steps({exitCode: 0, cause: {kind: 'process'}}), ['holm start web']);
	t.deepEqual(steps({exitCode: 137, cause: {kind: 'request', verb: 'stop', signal: 15}}), ['holm start web']);
	t.regex(steps({exitCode: 127, cause: {kind: 'start', phase: 'process', reason: 'x'}}).join('\n'), /^holm inspect .*\nholm run --rm -it --entrypoint sh /v);
	t.deepEqual(steps({exitCode: 137, cause: {kind: 'panic', reason: 'x'}}), ['holm logs --boot web', 'holm doctor', 'holm start web']);
});

test('Enter on an ended container, and on the event of its end, shows why; other events go to what they are about, or say that it is gone', async t => {
	const engine = createMemoryEngine();
	for (const [name, exitCode] of [['broken', 3], ['going', 4]] as const) {
		await engine.createContainer(containerConfiguration({name, command: ['sh', '-c', `echo last words of ${name} >&2; exit ${exitCode}`]}));
		await engine.startContainer(name);
		await engine.waitContainer(name);
	}

	await engine.removeContainer('going');
	await using app = await openApp({engine});
	await app.shows('broken');
	await app.press('\r');
	t.regex(await app.shows('Why broken ended'), /Exit status: 3, the program reported an error[\s\S]*Ended by: its process ended by itself[\s\S]*last words of broken[\s\S]*holm start broken/v);
	await app.press('q');
	await app.press('7');
	// What happened before the dashboard was opened.
	const events = await app.shows(/die +broken +exit 3/v);
	t.regex(events, /die +going +exit 4/v);
	await app.press('/', 'd', 'i', 'e', '\r', 'G', '\r');
	await app.shows('Why broken ended');
	await app.press('q', 'g', '\r');
	t.regex(await app.shows('Why going ended'), /Exit status: 4[\s\S]*The container is gone/v);
	await app.press('q', '/', '\u{8}', '\u{8}', '\u{8}', 'd', 'e', 's', 't', 'r', 'o', 'y', '\r', '\r');
	await app.shows('The container going is gone');
	engine.close();
});
