import test from 'ava';
import {
	causeWords,
	exitCodeWords,
	exitSummary,
	isFailure,
	signalName,
} from '../../source/engine/exit-words.js';
import type {ExitCause} from '../../source/engine/resources.js';

test('exit statuses in words', t => {
	const words = (codes: readonly number[]) => codes.map(code => exitCodeWords(code));
	t.deepEqual(words([0, 1, 125, 126, 127, 128]), ['success', 'the program reported an error', 'the container could not be run', 'the command cannot be run', 'command not found', 'the process could not be started']);
	t.deepEqual(words([137, 139, 143, 134, 130]), ['killed (SIGKILL)', 'segmentation fault (SIGSEGV)', 'terminated (SIGTERM)', 'aborted by itself (SIGABRT)', 'interrupted (SIGINT)']);
	t.deepEqual(words([162, 192, 193, 255]), ['ended by signal 34', 'ended by signal 64', 'the program reported an error', 'the program reported an error']);
	t.deepEqual([signalName(15), signalName(40)], ['SIGTERM', 'signal 40']);
});

const request = (verb: 'stop' | 'restart' | 'kill' | 'remove', signal: number, by?: string): ExitCause => ({kind: 'request', verb, signal, by});

const endings: ReadonlyArray<readonly [exitCode: number, cause: ExitCause, isFailure: boolean, words: string]> = [
	[0, {kind: 'process'}, false, 'its process ended by itself'],
	[3, {kind: 'process'}, true, 'its process ended by itself'],
	[139, {kind: 'process'}, true, 'its process crashed'],
	[143, {kind: 'process'}, true, 'no client of the engine asked for it: a signal from inside the container, or a status that the program chose'],
	[143, request('stop', 15, 'holm (user ann)'), false, 'stopped by holm (user ann), with SIGTERM'],
	[137, request('stop', 15, 'Docker-Client/28'), false, 'stopped by Docker-Client/28, with SIGTERM; it did not end in time and was killed'],
	[137, request('stop', 9), false, 'stopped by a client that did not say its name, with SIGKILL'],
	[0, request('restart', 15, 'x'), false, 'restarted by x, with SIGTERM'],
	[137, request('kill', 9, 'x'), false, 'x sent SIGKILL'],
	[137, request('remove', 9, 'x'), false, 'removed by x, by force'],
	[143, {kind: 'engine'}, false, 'the engine stopped it, because its host shut down or the engine was stopped'],
	[137, {kind: 'out-of-memory'}, true, 'its guest ran out of memory and killed it'],
	[137, {kind: 'panic', reason: 'the guest\'s kernel panicked: x'}, true, 'the guest\'s kernel panicked: x'],
	[137, {kind: 'machine', reason: 'QEMU ended'}, true, 'QEMU ended'],
	[128, {kind: 'start', reason: 'port 80 is in use'}, true, 'its start failed before it had a machine: port 80 is in use'],
	[128, {kind: 'start', reason: 'no disk', phase: 'disk'}, true, 'its start failed in the phase "disk": no disk'],
];

test('who ended it, and whether that is a failure', t => {
	for (const [exitCode, cause, failed, words] of endings) {
		t.is(causeWords({exitCode, cause}), words);
		t.is(isFailure({exitCode, cause}), failed, words);
	}

	t.is(exitSummary({exitCode: 139, cause: {kind: 'process'}}), 'exit status 139, segmentation fault (SIGSEGV): its process crashed');
});
