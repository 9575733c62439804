import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {
	access,
	mkdir,
	mkdtemp,
	readFile,
	rm,
	stat,
	symlink,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {createInterface} from 'node:readline';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {clearMachine} from '../../../source/host/machines/machine.js';
import {machineFiles} from '../../../source/host/machines/qemu.js';
import type {Share} from '../../../source/host/machines/shares.js';
import {hostTest} from '../images/storage-helper.js';

const programs = ['unshare', 'nsenter', 'mount', 'sh'];
const script = fileURLToPath(new URL('shares-host.js', import.meta.url));

/** A machine's directory, and directories of a user. */
const makeHost = async (t: ExecutionContext) => {
	const parent = await mkdtemp(path.join(tmpdir(), 'holm-shares-'));
	const directory = path.join(parent, 'machine');
	const user = path.join(parent, 'user');
	await mkdir(directory);
	await mkdir(path.join(user, 'sub'), {recursive: true});
	await writeFile(path.join(user, 'file'), 'of the user');
	t.teardown(async () => {
		await clearMachine(directory);
		await rm(parent, {recursive: true, force: true});
	});
	return {directory, user};
};

/** Runs `shares-host` in a mount namespace where every mount is shared, as with systemd. `prepare` is a shell script for mounts before. */
const launch = (t: ExecutionContext, words: readonly string[], prepare = ':') => {
	const child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-ec', `mount --make-rshared /; ${prepare}; exec "$@"`, 'sh', process.execPath, script, ...words], {stdio: ['ignore', 'pipe', 'inherit']});
	const ended = once(child, 'exit');
	t.teardown(async () => {
		child.kill('SIGKILL');
		await ended;
	});
	const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
	return {
		async read() {
			const {value} = await lines.next() as {readonly value: string};
			return JSON.parse(value) as {
				readonly pid: number;
				readonly mounts: readonly string[];
				readonly code: string;
				readonly message: string;
			};
		},
		async kill() {
			child.kill('SIGKILL');
			await ended;
		},
	};
};

const isThere = async (file: string) => access(file).then(() => true, () => false);

const isGone = async (pid: number) => {
	for (;;) {
		const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
		if (text.includes(') Z')) {
			return;
		}

		await delay(5);
	}
};

hostTest('with shared mounts on the host, only the server sees the shares, and read-only includes mounts below', programs, async t => {
	const {directory, user} = await makeHost(t);
	const shares: readonly Share[] = [
		{source: user, readOnly: false}, {source: user, readOnly: true}, {source: path.join(user, 'file'), readOnly: true},
	];
	const below = path.join(user, 'sub');
	const host = launch(t, ['serve', directory, JSON.stringify(shares)], `mount -t tmpfs -o nosuid,nodev 'a b' ${below}; echo low >${below}/low; mkdir '${below}/x y'; mount -t tmpfs none '${below}/x y'`);
	const {pid} = await host.read();
	t.deepEqual((await host.read()).mounts, []);

	// Once sandboxed, the server has the shares as its root.
	const root = `/proc/${pid}/root`;
	const outside = path.join(root, machineFiles(directory).shares);
	const seen = await isThere(path.join(outside, '0')) ? outside : root;
	t.is(await readFile(path.join(seen, '0/file'), 'utf8'), 'of the user');
	t.is(await readFile(path.join(seen, '1/sub/low'), 'utf8'), 'low\n');
	await writeFile(path.join(seen, '0/made'), 'important');
	await writeFile(path.join(seen, '0/sub/made'), 'important');
	t.is(await readFile(path.join(user, 'made'), 'utf8'), 'important');
	for (const file of ['1/made', '1/sub/made', '1/sub/x y/made', '2', 'stray']) {
		await t.throwsAsync(writeFile(path.join(seen, file), 'no'), {code: 'EROFS'}, file);
	}

	t.regex(await readFile(`/proc/${pid}/mountinfo`, 'utf8'), /\/1\/sub ro,nosuid,nodev,/v);
	// Without a kill it keeps running.
	await host.kill();
	t.true(await isThere(path.join(seen, '0/file')));
	await clearMachine(directory);
	await isGone(pid);
	t.false(await isThere(directory));
	t.is(await readFile(path.join(user, 'made'), 'utf8'), 'important');
	t.is(await readFile(path.join(user, 'file'), 'utf8'), 'of the user');
});

hostTest('an engine that is killed before its file server runs leaves none', programs, async t => {
	const {directory, user} = await makeHost(t);
	const host = launch(t, ['hang', directory, JSON.stringify([{source: user, readOnly: false}])]);
	const {pid} = await host.read();
	t.true(await isThere(`/proc/${pid}`));
	await host.kill();
	await t.notThrowsAsync(isGone(pid));
	await clearMachine(directory);
	t.is(await readFile(path.join(user, 'file'), 'utf8'), 'of the user');
});

hostTest('what cannot be mounted is refused, and no server is left', programs, async t => {
	const {directory, user} = await makeHost(t);
	const link = path.join(user, 'link');
	await symlink('/etc', link);
	const cases: ReadonlyArray<readonly [Share, string, RegExp]> = [
		[{source: path.join(user, 'none'), readOnly: false}, 'invalid', /none cannot be mounted: there is no such/v],
		[{source: link, readOnly: false, isOwn: true}, 'invalid', /link cannot be mounted: .*not a directory/v],
		// Each open gives another file, as if it changed in between.
		[{source: '/proc/self/exe', readOnly: false}, 'conflict', /changed meanwhile/v],
	];
	for (const [share, code, message] of cases) {
		const host = launch(t, ['serve', directory, JSON.stringify([share])]);
		const {pid} = await host.read();
		const refusal = await host.read();
		t.is(refusal.code, code);
		t.regex(refusal.message, message);
		await isGone(pid);
	}

	const host = launch(t, ['serve', directory, JSON.stringify([{source: link, readOnly: true}])]);
	const {pid} = await host.read();
	await host.read();
	t.true(await isThere(`/proc/${pid}`), 'a link of the user is followed');
});

hostTest('what an earlier version left mounted in a machine\'s directory is unmounted before that is removed, or stays', programs, async t => {
	const {directory, user} = await makeHost(t);
	const target = path.join(directory, 'shares/0');
	await mkdir(target, {recursive: true});
	const mounting = `mount --bind ${user} ${target}; mount --bind ${user} ${target}/sub`;
	const unable = launch(t, ['clear', directory], `${mounting}; mount --bind /dev/null "$(command -v umount)"`);
	const {code, message} = await unable.read();
	t.is(code, 'unavailable');
	t.regex(message, /is not removed: .*shares\/0$/v);
	await unable.kill();
	t.true(await isThere(target));
	const able = launch(t, ['clear', directory], mounting);
	t.deepEqual((await able.read()).mounts, []);
	t.false(await isThere(directory));
	t.true((await stat(path.join(user, 'sub'))).isDirectory());
	t.is(await readFile(path.join(user, 'file'), 'utf8'), 'of the user');
});
