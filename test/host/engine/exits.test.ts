import test from 'ava';
import {HolmError} from '../../../source/engine/errors.js';
import {exitAfter, exitOfStart} from '../../../source/host/engine/exits.js';
import type {EndRequest} from '../../../source/rules/containers/exit-cause.js';
import {configuration} from '../../engine/resources.js';

const container = {configuration: configuration({memory: 1000})};
const kill = (signal: number, at: number): EndRequest => ({kind: 'request', verb: 'kill', signal, by: 'x', at});
const causeOf = (exitCode: number, request?: EndRequest) =>
	exitAfter({kind: 'exited', exitCode, outOfMemory: false, at: 100_000}, {container, exitCode, startedAt: 1, request}).cause.kind;

test('a signal counts as the cause only if it can be', t => {
	t.is(causeOf(0), 'process');
	t.is(causeOf(0, kill(15, 95_000)), 'request');
	t.is(causeOf(0, kill(15, 50_000)), 'process', 'the process has outlived it');
	t.is(causeOf(143, kill(15, 50_000)), 'request');
	t.is(causeOf(0, kill(10, 99_999)), 'process', 'SIGUSR1 is a message');
	t.is(causeOf(138, kill(10, 99_999)), 'request');
	t.is(causeOf(0, {kind: 'request', verb: 'stop', signal: 15, at: 1}), 'request', 'a stop may take long');
	t.is(causeOf(0, {kind: 'engine', at: 1}), 'engine');
});

test('what its VM says comes before what was asked', t => {
	const request = kill(9, 100_000);
	const given = {container, exitCode: 137, startedAt: 5, request};
	t.deepEqual(exitAfter({kind: 'exited', exitCode: 137, outOfMemory: true, memoryPeakBytes: 990, at: 7}, given), {
		at: 7, exitCode: 137, cause: {kind: 'out-of-memory'}, startedAt: 5, memoryPeakBytes: 990, memoryLimitBytes: 1000,
	});
	t.deepEqual(exitAfter({kind: 'died', reason: 'oops', isPanic: true, at: 7}, given).cause, {kind: 'panic', reason: 'oops'});
	t.deepEqual(exitAfter({kind: 'died', reason: 'QEMU ended', at: 7}, given).cause, {kind: 'request', verb: 'kill', signal: 9, by: 'x'});
	t.deepEqual(exitAfter({kind: 'died', reason: 'QEMU ended', at: 7}, {...given, request: undefined}).cause, {kind: 'machine', reason: 'QEMU ended'});
	t.deepEqual(exitAfter({kind: 'refused', reason: 'no', at: 7}, given).cause, {kind: 'start', phase: 'process', reason: 'no'});
});

test('a start that fails has the phase that was not completed', t => {
	const error = new HolmError('command-not-found', 'exec: "x": not found');
	t.like(exitOfStart(error, {at: 7, phases: [{name: 'restore', startMs: 0, endMs: 1}, {name: 'plug', startMs: 1, endMs: 2}]}), {
		exitCode: 127, cause: {kind: 'start', phase: 'disk', reason: 'exec: "x": not found'}, startedAt: 0,
	});
	t.like(exitOfStart(new HolmError('conflict', 'port 80 is in use'), {at: 7}), {exitCode: 128, cause: {kind: 'start', reason: 'port 80 is in use', phase: undefined}});
	t.like(exitOfStart(error, {at: 7, phases: [], request: {kind: 'request', verb: 'stop', signal: 9, at: 7}}), {cause: {kind: 'request', verb: 'stop'}});
});
