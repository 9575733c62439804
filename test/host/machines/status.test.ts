import {
	appendFile,
	mkdir,
	mkdtemp,
	rm,
	symlink,
	truncate,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {machineFiles} from '../../../source/host/machines/qemu.js';
import {
	endOf,
	followStatus,
	lastWords,
	watchConsole,
} from '../../../source/host/machines/status.js';

const makeMachine = async (t: ExecutionContext): Promise<string> => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-status-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	await mkdir(machineFiles(directory).run);
	return directory;
};

test('the end of a machine is read from its guest\'s messages', async t => {
	const directory = await makeMachine(t);
	t.like(await endOf(directory, ['ready', 'started', 'exited 3 0'], 'killed'), {kind: 'exited', exitCode: 3, outOfMemory: false});
	t.like(await endOf(directory, ['exited 137 1'], 'killed'), {kind: 'exited', exitCode: 137, outOfMemory: true});
	t.like(await endOf(directory, ['exited 0 0 4096'], 'killed'), {kind: 'exited', memoryPeakBytes: 4096});
	t.is((await endOf(directory, ['exited 0 0 max']) as {memoryPeakBytes?: number}).memoryPeakBytes, undefined);
	t.like(await endOf(directory, ['exited 1 4'], 'killed'), {kind: 'exited', exitCode: 1, outOfMemory: false});
	t.like(await endOf(directory, ['exited nonsense'], 'killed'), {kind: 'exited', exitCode: 0});
	t.like(await endOf(directory, ['exited 99999'], 'killed'), {kind: 'exited', exitCode: 99_999 % 256});
	t.like(await endOf(directory, ['refused no such file'], 'killed'), {kind: 'refused', reason: 'no such file'});
	t.like(await endOf(directory, ['failed the disk'], 'killed'), {kind: 'died', reason: 'the disk'});
	t.like(await endOf(directory, ['ready'], 'killed'), {kind: 'died', reason: 'killed'});
});

test('a panic is found at the end of what the kernel printed', async t => {
	const directory = await makeMachine(t);
	const {console} = machineFiles(directory);
	await writeFile(console, `${'x'.repeat(2 * 1024 * 1024)}\n[    3.1] Kernel panic - not syncing: Attempted to kill init!\u{1B}[2J exitcode\n`);
	t.like(await endOf(directory, [], 'killed'), {kind: 'died', reason: 'the guest\'s kernel panicked: Attempted to kill init!'});
});

test('an end without a reason has what QEMU or the guest printed last', async t => {
	const directory = await makeMachine(t);
	const {console, errors} = machineFiles(directory);
	await writeFile(console, '[    9.1] Run /init\r\n\u{1B}[2J[    9.9] reboot: Power down\r\n');
	t.like(await endOf(directory, []), {kind: 'died', reason: 'the machine ended; the last line of its console: [2J[    9.9] reboot: Power down'});
	await writeFile(errors, 'qemu-system-x86_64: warning: a feature is missing\n');
	t.regex((await endOf(directory, []) as {reason: string}).reason, /Power down/v);
	await writeFile(errors, 'KVM internal error. Suberror: 1\n');
	t.like(await endOf(directory, []), {kind: 'died', reason: 'QEMU ended: KVM internal error. Suberror: 1'});
	t.like(await endOf(directory, [], 'killed'), {kind: 'died', reason: 'killed'});
});

test('the reason of an end is read without following links', async t => {
	const directory = await makeMachine(t);
	const {status} = machineFiles(directory);
	t.like(await lastWords(directory), {kind: 'died', reason: 'the machine ended without a message'});
	await writeFile(status, 'started\nexited 4 0\nbye\n');
	t.like(await lastWords(directory), {kind: 'exited', exitCode: 4});
	const elsewhere = path.join(directory, 'elsewhere');
	await writeFile(elsewhere, 'exited 5 0\n');
	await rm(status);
	await symlink(elsewhere, status);
	t.is((await lastWords(directory)).kind, 'died');
});

test('lines are heard as they come, whole and without what could move a cursor', async t => {
	const directory = await makeMachine(t);
	const {status} = machineFiles(directory);
	await writeFile(status, 'ready\npha');
	const heard: string[] = [];
	const news = Promise.withResolvers<void>();
	const follower = followStatus(status, line => {
		heard.push(line);
		if (line === 'last') {
			news.resolve();
		}
	}, () => {
		t.fail();
	});
	t.teardown(follower.stop);
	await follower.refresh();
	t.deepEqual(heard, ['ready']);
	await appendFile(status, `se disk\n\u{1B}]0;x\u{7}title\u{9B}\n${'y'.repeat(5000)}\nlast\nno`);
	await news.promise;
	t.deepEqual(heard, ['ready', 'phase disk', ']0;xtitle', 'y'.repeat(1000), 'last']);
	t.deepEqual(follower.lines, heard);
});

test('a guest that never stops is noticed', async t => {
	const directory = await makeMachine(t);
	const {status, console} = machineFiles(directory);
	const floods = {status: Promise.withResolvers<void>(), console: Promise.withResolvers<void>()};
	await Promise.all([writeFile(status, ''), writeFile(console, '')]);
	const follower = followStatus(status, () => undefined, floods.status.resolve);
	const stop = watchConsole(console, floods.console.resolve);
	t.teardown(() => {
		follower.stop();
		stop();
	});
	await appendFile(status, 'x\n'.repeat(600_000));
	await truncate(console, 17 * 1024 * 1024);
	await t.notThrowsAsync(Promise.all([floods.status.promise, floods.console.promise]));
});
