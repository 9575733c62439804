import {
	mkdir,
	readFile,
	stat,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {readMounts} from '../../../../source/host/mounts.js';
import {pathsOf} from '../../../../source/host/store/paths.js';
import type {World} from '../world.js';

/** Bind mounts, volumes and tmpfs. */
export const mountFlagTests = (world: World): void => {
	const run = async (...arguments_: readonly string[]) => {
		const {status, stdout, stderr} = await world.run(['run', '--rm', ...arguments_]);
		return status === 0 ? stdout.trimEnd() : `${status} ${stdout}${stderr}`;
	};

	world.test('-v and --mount: directories and files of the host, writable and read-only', async t => {
		const shared = path.join(world.directory, 'shared');
		const file = path.join(world.directory, 'one-file');
		await mkdir(path.join(shared, 'sub'), {recursive: true});
		await writeFile(path.join(shared, 'note'), 'of the host\n');
		await writeFile(file, 'a file\n');
		t.is(await run('-v', `${shared}:/shared`, '-v', `${file}:/etc/one:ro`, 'box', 'sh', '-c', 'cat /shared/note /etc/one; echo new >/shared/sub/made; chown 1000:50 /shared/sub/made; ln -s note /shared/link; ls -la /shared/../.. >/dev/null; cat /shared/../shared/link; ls /shared/..| grep -c shared'), 'of the host\na file\nof the host\n1');
		t.is(await readFile(path.join(shared, 'sub/made'), 'utf8'), 'new\n');
		const {uid, gid} = await stat(path.join(shared, 'sub/made'));
		t.deepEqual([uid, gid], [1000, 50]);
		const mounted = ['-v', `${shared}:/one:ro`, '--mount', `type=bind,source=${shared},target=/two,readonly`];
		const script = 'for place in one two; do cat /$place/note; echo no >/$place/note; mount -o remount,rw /$place; echo no >/$place/note; done; :';
		const lines = (await run(...mounted, '--privileged', 'box', 'sh', '-c', `(${script}) 2>&1`)).split('\n');
		t.is(lines.filter(line => line === 'of the host').length, 2);
		// The second attempt is refused by the host itself.
		for (const place of ['one', 'two']) {
			t.is(lines.filter(line => line.includes(`/${place}/note: Read-only file system`)).length, 2, lines.join('\n'));
		}

		t.is(await readFile(path.join(shared, 'note'), 'utf8'), 'of the host\n');
		const daemon = JSON.parse(await readFile(pathsOf(world.root).daemonPid, 'utf8')) as {readonly pid: number};
		const mounts = await readMounts(daemon.pid);
		t.true(mounts.length > 0);
		t.deepEqual(mounts.filter(({target}) => target.startsWith(path.join(world.root, 'machines'))), []);
	});

	world.test('-v and --mount: a named volume starts with the image\'s files, and persists', async t => {
		t.is(await run('-v', 'kept:/data', 'box', 'sh', '-c', 'cat /data/seed/first; echo second >/data/seed/second'), 'from the image');
		t.regex(await run('--mount', 'type=volume,src=kept,dst=/elsewhere', '-v', 'kept:/kept:ro', 'box', 'sh', '-c', 'cat /elsewhere/seed/first /elsewhere/seed/second; touch /kept/x'), /^1 from the image\nsecond\n.*read-only file system/isv);
		t.is(await world.holm('volume', 'ls', '-q'), 'kept');
		const {mountpoint} = await world.engine.volume('kept');
		t.is(await readFile(path.join(mountpoint, 'seed/second'), 'utf8'), 'second\n');

		// Two containers see each other's changes.
		await world.holm('run', '-d', '--name', 'writer', '-v', 'kept:/kept', 'box', 'sh', '-c', 'while :; do date >>/kept/clock; sleep 0.1; done');
		t.regex(await run('-v', 'kept:/kept', 'box', 'sh', '-c', 'while ! [ -s /kept/clock ]; do sleep 0.1; done; wc -l </kept/clock'), /^\d+$/v);
		t.regex((await world.run(['volume', 'rm', 'kept'])).stderr, /^Error: .*kept.*in use.*writer.*\n$/v);
		await world.remove('writer');
		await world.holm('volume', 'rm', 'kept');
	});

	world.test('nested mounts in any order, and over /etc', async t => {
		t.is(await run('-v', 'inner:/x/inner', '-v', 'outer:/x', '-v', 'conf:/etc', 'box', 'sh', '-c', 'echo in >/x/inner/file; echo out >/x/file; ls /x; grep -c localhost /etc/hosts; grep -c nameserver /etc/resolv.conf; id -un'), 'file\ninner\n2\n1\nroot');
		const inVolume = async (name: string) => readFile(path.join((await world.engine.volume(name)).mountpoint, 'file'), 'utf8');
		t.deepEqual([await inVolume('inner'), await inVolume('outer')], ['in\n', 'out\n']);
		await world.holm('create', '--name', 'stopped', '-v', 'inner:/x/inner', '-v', 'outer:/x', 'box');
		const tar = await world.run(['cp', 'stopped:/x/inner/file', '-']);
		t.regex(tar.stdout, /in\n/v, 'also in a stopped container');
		await world.holm('rm', 'stopped');
		await world.holm('volume', 'rm', 'inner', 'outer', 'conf');
	});

	world.test('rm -v and prune remove anonymous volumes', async t => {
		await world.holm('create', '--name', 'one', '-v', '/scratch', 'box');
		t.is((await world.engine.volumes()).length, 1);
		await world.holm('rm', '-v', 'one');
		t.deepEqual(await world.engine.volumes(), []);
		await world.holm('create', '--name', 'two', '-v', '/scratch', 'box');
		await world.holm('rm', 'two');
		t.is((await world.engine.volumes()).length, 1);
		await world.holm('volume', 'prune', '-f');
		t.deepEqual(await world.engine.volumes(), []);
	});

	world.test('--tmpfs, --read-only', async t => {
		const table = await run('--tmpfs', '/scratch:size=1m,mode=700', '--mount', 'type=tmpfs,target=/more', '--read-only', '-v', '/writable', 'box', 'sh', '-c', 'touch /writable/x && echo written; grep -E " /(scratch|more)? " /proc/mounts; stat -c %a /scratch; echo yes >/scratch/file; cat /scratch/file; touch /nowhere; dd if=/dev/zero of=/scratch/large bs=1M count=2');
		t.regex(table, /^1 written\n/v);
		t.regex(table, / \/scratch tmpfs rw,nosuid,nodev,noexec.*size=1024k/v);
		t.regex(table, / \/more tmpfs /v);
		t.regex(table, /\n700\nyes\n/v);
		t.regex(table, /touch: \/nowhere: Read-only file system/v);
		t.regex(table, /No space left on device/v);
	});
};
