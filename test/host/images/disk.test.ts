import {Buffer} from 'node:buffer';
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {
	chown,
	mkdir,
	readdir,
	rm,
	stat,
	truncate,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {Readable} from 'node:stream';
import test from 'ava';
import {pack, type Header} from 'tar-stream';
import {diskCapacityOf, openDisks} from '../../../source/host/images/disk.js';
import {createOverlay, emptyOverlay} from '../../../source/host/images/overlay.js';
import {
	buildImage,
	collect,
	contextFor,
	directoryFor,
	hostTest,
	mountsBelow,
	storeFor,
} from './storage-helper.js';

const programs = ['buildah', 'mke2fs', 'debugfs', 'e2fsck', 'qemu-img'];
const gibibyte = 1024 ** 3;

// Numeric owners, modes, hard links, devices and sparse files, which a simple copy would lose.
const recipe = `FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN mkdir -p /etc /srv && echo 'app:x:1000:1001::/srv:/bin/sh' > /etc/passwd && echo 'app:x:1001:' > /etc/group
RUN echo text > /srv/file && chown 1000:1001 /srv/file && chmod 4750 /srv/file && ln /srv/file /srv/hard && ln -s /nowhere /srv/link
RUN dd if=/dev/zero of=/srv/sparse bs=1 count=1 seek=60000000 2>/dev/null
`;

const debugfs = (disk: string, command: string) => execFileSync('debugfs', ['-R', command, disk], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']});

test('a disk has room for its image and the container beside it', t => {
	t.is(diskCapacityOf({sizeBytes: 0}), 16 * gibibyte);
	t.is(diskCapacityOf({sizeBytes: 10 * gibibyte}), 20 * gibibyte);
});

hostTest('an overlay is one that qemu-img makes, up to a large disk', ['qemu-img'], async t => {
	const directory = await directoryFor(t);
	const [base, made, wanted] = ['base', 'made.qcow2', 'wanted.qcow2'].map(name => path.join(directory, name));
	const describe = (file: string) => {
		const {'actual-size': _, filename, children, ...described} = JSON.parse(execFileSync('qemu-img', ['info', '--output=json', file], {encoding: 'utf8'})) as Record<string, unknown>;
		return described;
	};

	for (const size of [512, 16 * gibibyte, (16 * gibibyte) + 1024, 9 * 1024 * gibibyte]) {
		await writeFile(base!, '');
		await truncate(base!, size);
		await createOverlay(base!, made!);
		execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', base!, '-F', 'raw', wanted!]);
		t.deepEqual(describe(made!), describe(wanted!));
		t.is((await stat(made!)).size, (await stat(wanted!)).size);
		const checked = JSON.parse(execFileSync('qemu-img', ['check', '--output=json', made!], {encoding: 'utf8'})) as Record<string, unknown>;
		t.like(checked, {'check-errors': 0, 'image-end-offset': Math.ceil((await stat(made!)).size / 65_536) * 65_536});
		t.false('leaks' in checked || 'corruptions' in checked);
	}

	t.throws(() => emptyOverlay('/'.repeat(1024), gibibyte), {code: 'invalid'});
});

hostTest('the base disk is the image, made once', programs, async t => {
	const {store, directory, paths} = await storeFor(t);
	await buildImage(store, await contextFor(directory, 'context', {Dockerfile: recipe}), {tags: ['app']});
	const image = await store.get('app');
	await mkdir(paths.disks, {recursive: true});
	await writeFile(path.join(paths.disks, 'left.ext4.partial'), 'of a crashed run');
	const disks = await openDisks(paths, store.buildah, 0);
	t.deepEqual(await readdir(paths.disks), []);

	const [one, two] = await Promise.all([disks.base(image), disks.base(image)]);
	t.is(one, two);
	t.deepEqual(one.accounts, {passwd: 'app:x:1000:1001::/srv:/bin/sh\n', group: 'app:x:1001:\n'});
	const status = await stat(one.path);
	t.is(status.size, 16 * gibibyte);
	t.true(status.blocks * 512 < 100_000_000);
	t.notThrows(() => execFileSync('e2fsck', ['-fn', one.path], {stdio: 'pipe'}));

	const files = debugfs(one.path, 'ls -l /srv');
	t.regex(files, /104750 \(1\)\s+1000\s+1001\s+5 .* file\n/v);
	const inode = (name: string) => new RegExp(String.raw`^\s*(\d+) .* ${name}$`, 'mv').exec(files)?.[1];
	t.is(inode('file'), inode('hard'));
	t.regex(files, /60000001 .* sparse\n/v);
	t.regex(debugfs(one.path, 'stat /srv/link'), /Fast link dest: "\/nowhere"/v);
	t.regex(debugfs(one.path, 'stat <2>'), /Mode:\s+0755/v);
	t.false(debugfs(one.path, 'ls /').includes('lost+found'));

	// As an earlier version left it, whose machines had the group of the accelerator's device.
	await chown(one.path, 0, 12_345);
	const again = await (await openDisks(paths, store.buildah, 0)).base(image);
	t.deepEqual(again, one);
	t.is((await stat(again.path)).gid, 0);
	t.is((await stat(again.path)).ino, status.ino);
	// Containers' disks are overlays on it, so it must not change, whatever is beside it.
	await rm(one.path.replace(/ext4$/v, 'json'));
	t.deepEqual(await disks.base(image), one);
	t.is((await stat(one.path)).ino, status.ino);
	t.deepEqual(await disks.list(), [image.id]);
	t.is(await disks.usedBytes(), status.blocks * 512);

	const overlay = path.join(directory, 'overlay.qcow2');
	await createOverlay(one.path, overlay);
	const described = JSON.parse(execFileSync('qemu-img', ['info', '--output=json', overlay], {encoding: 'utf8'})) as Record<string, unknown>;
	t.is(described['virtual-size'], 16 * gibibyte);
	t.is(described['backing-filename'], one.path);
	t.is(described['backing-filename-format'], 'raw');

	await disks.remove(image.id);
	await disks.remove(image.id);
	t.deepEqual(await readdir(paths.disks), []);
	t.deepEqual(mountsBelow(directory), []);
	t.deepEqual(JSON.parse(await store.buildah.run(['containers', '--json']) || 'null') ?? [], []);
});

/** An archive of an image of one layer with these entries. */
const archiveOf = async (entries: ReadonlyArray<Partial<Header> & {readonly name: string}>): Promise<Readable> => {
	const layer = pack();
	for (const entry of entries) {
		layer.entry(entry, '');
	}

	layer.finalize();
	const bytes = Buffer.concat(await Array.fromAsync(layer as AsyncIterable<Buffer>));
	const configuration = JSON.stringify({
		architecture: 'amd64',
		os: 'linux',
		config: {},
		rootfs: {type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(bytes).digest('hex')}`]},
	});
	const archive = pack();
	archive.entry({name: 'layer.tar'}, bytes);
	archive.entry({name: 'configuration.json'}, configuration);
	archive.entry({name: 'manifest.json'}, JSON.stringify([{Config: 'configuration.json', RepoTags: ['hostile:1'], Layers: ['layer.tar']}]));
	archive.finalize();
	return Readable.from(archive, {objectMode: false});
};

hostTest('accounts are never read from the host', programs, async t => {
	const {store, directory, paths} = await storeFor(t);
	const secret = path.join(directory, 'secret');
	await writeFile(secret, 'of the host');
	const up = '../'.repeat(20);
	await collect(store.load(await archiveOf([
		{name: 'etc', type: 'directory', mode: 0o755},
		{name: 'etc/passwd', type: 'symlink', linkname: secret},
		{name: 'etc/group', type: 'symlink', linkname: `${up}${secret}`},
	])));
	const disks = await openDisks(paths, store.buildah, 0);
	const disk = await disks.base(await store.get('hostile:1'));
	t.deepEqual(disk.accounts, {passwd: '', group: ''});
});

hostTest('a full disk causes one error and leaves nothing behind', programs, async t => {
	const {store, directory, paths} = await storeFor(t);
	await buildImage(store, await contextFor(directory, 'context', {Dockerfile: recipe}), {tags: ['app']});
	await mkdir(paths.disks);
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', paths.disks]);
	const disks = await openDisks(paths, store.buildah, 0);
	const image = await store.get('app');
	await t.throwsAsync(disks.base(image), {code: 'unavailable', message: /^Cannot make the disk of image [\da-f]{12}: the disk is full$/v});
	t.deepEqual(await readdir(paths.disks), []);
	t.deepEqual(mountsBelow(directory), [paths.disks]);
	await t.throwsAsync(createOverlay(path.join(directory, 'missing'), path.join(directory, 'overlay.qcow2')), {code: 'internal'});
	t.deepEqual((await readdir(directory)).toSorted(), ['context', 'engine']);
});
