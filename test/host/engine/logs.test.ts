import {Buffer} from 'node:buffer';
import {appendFile, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {newEntry} from '../../../source/host/engine/context.js';
import {readLogSoFar} from '../../../source/host/engine/logs.js';
import type {Machine} from '../../../source/host/machines/running-machine.js';
import {container} from '../../engine/resources.js';

const record = '2024-01-01T00:00:00.000000000+00:00 stdout F hello\n';

const started = async (t: ExecutionContext, since: number) => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-logs-'));
	t.teardown(async () => rm(directory, {recursive: true}));
	const log = path.join(directory, 'log');
	await writeFile(log, '');
	const entry = newEntry({container: container({status: {state: 'running', pid: 1, startedAt: 1}}), isStoppedByUser: false, devices: {}});
	entry.run = {
		state: 'live', machine: {} as unknown as Machine, since, over: Promise.resolve(),
	};
	return {entry, log};
};

test('a log that is asked for right after the start has what the process wrote at once', async t => {
	const {entry, log} = await started(t, performance.now());
	const first = readLogSoFar(log, entry, {}).next();
	await appendFile(log, record);
	entry.ended.abort();
	const {value} = await first;
	t.is(value && Buffer.from(value.bytes).toString(), 'hello\n');
});

test('a log is read at once while a process has run for a while, and after its end', async t => {
	const {entry, log} = await started(t, performance.now() - 60_000);
	t.true((await readLogSoFar(log, entry, {}).next()).done);
	entry.run = {state: 'idle'};
	t.true((await readLogSoFar(log, entry, {}).next()).done);
});
