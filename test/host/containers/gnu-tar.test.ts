import {Buffer} from 'node:buffer';
import {execFile, execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {
	lstat,
	mkdtemp,
	readFile,
	readlink,
	rm,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {PassThrough, Readable} from 'node:stream';
import {buffer} from 'node:stream/consumers';
import {pipeline} from 'node:stream/promises';
import test from 'ava';
import {extract, pack, type Header} from 'tar-stream';
import {toGnuTar} from '../../../source/host/containers/gnu-tar.js';

const long = 'long-'.repeat(30);
const foreign = 'größe 文件 \u{1F3DD}';
const mtime = new Date(1_600_000_000_000);

type Entry = readonly [header: Partial<Header> & {readonly name: string}, content?: string];

const entries: readonly Entry[] = [
	[{name: 'd/', type: 'directory', mode: 0o750}],
	[{name: 'd/plain', mode: 0o640, uid: 1000, gid: 50}, 'plain\n'],
	[{name: 'd/empty'}, ''],
	[{name: `d/${foreign}`}, 'foreign\n'],
	[{name: `d/${long}/${long}`}, 'long\n'],
	[{name: 'd/exactly', mode: 0o755}, 'x'.repeat(512)],
	[{name: 'd/setuid', mode: 0o4755}, 'x'.repeat(513)],
	[{name: 'd/link', type: 'symlink', linkname: 'plain'}],
	[{name: 'd/far', type: 'symlink', linkname: `${long}/${foreign}`}],
	[{name: 'd/same', type: 'link', linkname: 'd/plain'}],
];

const tarOf = (given: readonly Entry[]): Readable => {
	const tar = pack();
	for (const [header, content] of given) {
		tar.entry({mtime, ...header}, content ?? '');
	}

	tar.finalize();
	return Readable.from(tar, {objectMode: false}).pipe(new PassThrough());
};

const read = async (tar: Readable) => {
	const found = [];
	const reading = tar.pipe(extract());
	for await (const entry of reading) {
		const {name, type, mode, uid, gid, linkname, mtime: time} = entry.header;
		const chunks = await Array.fromAsync(entry as AsyncIterable<Uint8Array>);
		found.push({
			name, type, mode, uid, gid, linkname: linkname ?? undefined, time: time?.getTime(), text: Buffer.concat(chunks).toString(),
		});
	}

	return found;
};

test('a tar has the same entries as before', async t => {
	const [before, after] = await Promise.all([read(tarOf(entries)), read(toGnuTar(tarOf(entries)))]);
	t.is(before.length, entries.length);
	t.deepEqual(after, before);
	const bytes = await buffer(toGnuTar(tarOf(entries)));
	t.is(bytes.length % 512, 0);
	t.true(bytes.subarray(-1024).every(byte => byte === 0));
});

const hasBusybox = (() => {
	try {
		return execFileSync('busybox', ['--list'], {encoding: 'utf8'}).split('\n').includes('tar');
	} catch {
		return false;
	}
})();

(hasBusybox ? test : test.skip)('busybox reads all of it (needs busybox)', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-tar-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	const isRoot = process.getuid?.() === 0;
	const child = spawn('busybox', ['tar', '-x', '-f', '-', '-C', directory, ...isRoot ? [] : ['-o']], {stdio: ['pipe', 'inherit', 'inherit']});
	const closed = once(child, 'close');
	await pipeline(toGnuTar(tarOf(entries)), child.stdin);
	t.deepEqual(await closed, [0, null]);
	const at = (name: string) => path.join(directory, 'd', name);
	t.is(await readFile(at(foreign), 'utf8'), 'foreign\n');
	t.is(await readFile(at(`${long}/${long}`), 'utf8'), 'long\n');
	t.is(await readlink(at('far')), `${long}/${foreign}`);
	const plain = await lstat(at('plain'));
	t.is(plain.mode % 0o1_0000, 0o640);
	t.is(plain.mtimeMs, mtime.getTime());
	t.is(plain.ino, (await lstat(at('same'))).ino);
	if (isRoot) {
		t.deepEqual([plain.uid, plain.gid], [1000, 50]);
	}
});

test('what GNU tar writes is read as it is', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-tar-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	const unpacking = spawn('tar', ['-x', '-C', directory, '--no-same-owner'], {stdio: ['pipe', 'inherit', 'inherit']});
	const unpacked = once(unpacking, 'close');
	await pipeline(tarOf(entries), unpacking.stdin);
	t.deepEqual(await unpacked, [0, null]);
	for (const [format, ...more] of [['gnu', '--owner=:3000000000', '--group=:4000000000', 'd'], ['pax', 'd'], ['ustar', 'd/plain', 'd/empty']]) {
		const {stdout} = execFile('tar', ['-c', `--format=${format}`, '-C', directory, ...more], {encoding: 'buffer'});
		const bytes = await buffer(stdout!);
		const [before, after] = await Promise.all([read(Readable.from([bytes])), read(toGnuTar(Readable.from([bytes])))]);
		t.true(before.length >= 2);
		t.deepEqual(after, before, format);
		t.is(after[0]!.uid === 3_000_000_000, format === 'gnu');
	}
});

test('an invalid or truncated tar is refused', async t => {
	const whole = await buffer(tarOf(entries));
	for (const bytes of [Buffer.from('no tar at all '.repeat(100)), whole.subarray(0, 700), whole.subarray(0, 1024 + 512 + 2)]) {
		await t.throwsAsync(buffer(toGnuTar(Readable.from([bytes]))), {message: /^the archive cannot be read: /v, code: 'invalid'} as never);
	}

	const failing = new PassThrough();
	const reading = buffer(toGnuTar(failing));
	failing.write(whole.subarray(0, 600));
	failing.destroy(new Error('the connection is gone'));
	await t.throwsAsync(reading, {message: /the connection is gone/v});
	t.is((await buffer(toGnuTar(Readable.from([Buffer.alloc(1024)])))).length, 1024, 'an empty one is one');
});
