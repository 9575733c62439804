import {
	mkdir,
	readdir,
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

	world.test('a volume that was created before gets the image\'s files with owner, mode and links; nocopy leaves it empty', async t => {
		await world.holm('volume', 'create', 'aa');
		await world.holm('volume', 'create', 'bb');
		// A mount over a directory that is not in the image does not use it up.
		await world.holm('create', '--name', 'before', '-v', 'aa:/nowhere', '-v', 'bb:/xyz:nocopy', '--mount', 'type=volume,source=bb,target=/other,volume-nocopy', 'box');
		t.is(await run('-u', '1234', '-v', 'aa:/xyz', '-v', 'bb:/b', 'box', 'sh', '-c', 'cat /xyz/hello; readlink /xyz/link; stat -c "%u %g %a" /xyz /xyz/hello; touch /xyz/mine && echo written; ls /b'), 'hello\nhello\n1234 4321 755\n1234 4321 644\nwritten');
		await world.holm('rm', 'before');
		await world.holm('volume', 'rm', 'aa', 'bb');
	});

	world.test('a missing directory of -v is made at the start, one of --mount is refused', async t => {
		const at = (name: string) => path.join(world.directory, name);
		await world.holm('create', '--name', 'late', '-v', `${at('late/one')}:/one`, 'box', 'sh', '-c', 'echo x > /one/file');
		await world.holm('start', 'late');
		await world.holm('wait', 'late');
		t.is(await readFile(at('late/one/file'), 'utf8'), 'x\n');
		const {uid, mode} = await stat(at('late'));
		t.deepEqual([uid, mode & 0o7777], [0, 0o755]);
		await world.holm('rm', 'late');
		t.is(await run('--mount', `type=bind,source=${at('none')},target=/none`, 'box', 'true'), `125 Error: invalid mount config for type "bind": bind source path does not exist: ${at('none')} (create it first, or mount it with -v, which makes it)\n`);
		await t.throwsAsync(stat(at('none')), {code: 'ENOENT'});
	});

	world.test('files below missing directories, tmpfs above and below binds, and a copy into the created container beside them', async t => {
		const at = (name: string) => path.join(world.directory, name);
		await writeFile(at('secret'), 'one\n');
		await mkdir(at('tree/sub'), {recursive: true});
		await writeFile(at('copied'), 'two\n');
		const mounts = ['-v', `${at('secret')}:/run/secrets/deep/one:ro`, '--tmpfs', '/memory', '-v', `${at('secret')}:/memory/deep/one`, '--tmpfs', '/tree/sub', '-v', `${at('tree')}:/tree`, '-v', '/dev/null:/xyz/hello'];
		await world.holm('create', '--name', 'secrets', ...mounts, 'box', 'sh', '-c', 'cat /run/secrets/deep/one /run/secrets/two /memory/deep/one; touch /tree/sub/gone /tree/stays; cat /xyz/hello; echo masked >/xyz/hello; cat /xyz/hello');
		await world.holm('cp', at('copied'), 'secrets:/run/secrets/two');
		const started = await world.run(['start', '-a', 'secrets']);
		t.is(started.stdout, 'one\ntwo\none\n', started.stderr);
		t.deepEqual(await readdir(at('tree'), {recursive: true}), ['stays', 'sub']);
		await world.holm('rm', 'secrets');
	});

	world.test('volumes of other kinds: directories of the host, memory, and parts of a volume', async t => {
		const at = (name: string) => path.join(world.directory, name);
		await mkdir(at('device'));
		await world.holm('volume', 'create', '--opt', 'type=none', '--opt', 'o=bind', '--opt', `device=${at('device')}`, 'bound');
		await world.holm('volume', 'create', '--opt', 'type=tmpfs', '--opt', 'device=tmpfs', '--opt', 'o=size=1m,mode=700', 'memory');
		await world.holm('volume', 'create', 'whole');
		await mkdir(at('filled'));
		await world.holm('volume', 'create', '--opt', 'type=none', '--opt', 'o=bind', '--opt', `device=${at('filled')}`, 'filled');
		await world.holm('run', '-d', '--name', 'kinds', '-v', 'filled:/data', '-v', 'bound:/bound', '-v', 'memory:/memory', '-v', 'whole:/whole', 'box', 'sh', '-c', 'echo x > /bound/file; mkdir -p /whole/part/deep; echo y > /whole/part/file; ln -s part /whole/link; grep /memory /proc/mounts; echo ready; sleep 1000');
		const log = await world.until(async () => world.holm('logs', 'kinds'), output => output.includes('ready'));
		t.regex(log, / \/memory tmpfs rw,.*size=1024k,mode=700/v);
		t.is(await readFile(at('device/file'), 'utf8'), 'x\n');
		t.is(await readFile(at('filled/seed/first'), 'utf8'), 'from the image\n');
		const sources = JSON.parse(await world.holm('inspect', '--format', '{{json .Mounts}}', 'kinds')) as ReadonlyArray<{readonly Name: string; readonly Source: string}>;
		const {mountpoint} = await world.engine.volume('whole');
		t.deepEqual(new Map(sources.map(({Name, Source}) => [Name, Source])), new Map([['filled', ''], ['bound', ''], ['memory', ''], ['whole', mountpoint]]));
		t.regex(await run('-v', 'memory:/memory', 'box', 'true'), /volume memory is in the memory of container kinds/v);
		const part = (subpath: string) => ['--mount', `type=volume,src=whole,dst=/part,volume-subpath=${subpath}`, 'box', 'ls', '/part'];
		t.is(await run(...part('part')), 'deep\nfile');
		t.regex(await run(...part('link')), /subpath "link" cannot be mounted: "link" is a link/v);
		t.regex(await run(...part('link/deep')), /"link" is a link/v);
		t.regex(await run(...part('none')), /none cannot be mounted: there is no such file or directory/v);
		await world.holm('rm', '-f', 'kinds');
		await world.holm('volume', 'rm', 'bound', 'filled', 'memory', 'whole');
		t.is(await readFile(at('device/file'), 'utf8'), 'x\n', 'a directory of the host stays');
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
