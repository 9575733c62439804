import test from 'ava';
import {HolmError} from '../../../source/engine/errors.js';
import {newEntry} from '../../../source/host/engine/context.js';
import {createWithFiles, type Files} from '../../../source/host/engine/files.js';
import type {HelperMachines} from '../../../source/host/engine/helper-machines.js';
import type {Machine} from '../../../source/host/machines/running-machine.js';
import type {MachineEnd} from '../../../source/host/machines/status.js';
import {container} from '../../engine/resources.js';

/** A running container whose guest runs no commands, and helper machines that count their uses. */
const open = () => {
	const {promise: ended, resolve} = Promise.withResolvers<MachineEnd>();
	const entry = newEntry({container: container({status: {state: 'running', pid: 1, startedAt: 1}}), isStoppedByUser: false, devices: {}});
	const machine = {ended, agent: 'guest', isOutOfSpace: () => false} as unknown as Machine;
	entry.run = {
		state: 'live', machine, since: 0, over: Promise.resolve(),
	};
	const opened: string[] = [];
	const helpers = {
		async open() {
			opened.push('open');
			return {agent: 'helper', prefix: ''};
		},
		release() {
			opened.push('release');
		},
	} as unknown as HelperMachines;
	const end = () => {
		entry.run = {state: 'idle'};
		resolve({kind: 'exited', exitCode: 0, outOfMemory: false, at: 2});
	};

	return {entry, end, opened, withFiles: createWithFiles(helpers)};
};

const nameOf = ({agent}: Files) => agent as unknown as string;

test('the files of a container that ends meanwhile are those of the stopped container', async t => {
	const {entry, end, opened, withFiles} = open();
	const used: string[] = [];
	const result = await withFiles(entry, async files => {
		used.push(nameOf(files));
		if (used.length === 1) {
			end();
			throw Object.assign(new Error('connect ENOENT /run/machine/ssh'), {code: 'ENOENT'});
		}

		return {result: 'done'};
	});
	t.is(result, 'done');
	t.deepEqual(used, ['guest', 'helper']);
	t.deepEqual(opened, ['open', 'release']);
});

test('an error that the end does not explain is not tried again', async t => {
	const {entry, end, opened, withFiles} = open();
	await t.throwsAsync(withFiles(entry, async () => {
		end();
		throw new HolmError('not-found', 'no such file');
	}), {message: 'no such file'});
	t.deepEqual(opened, []);
});
