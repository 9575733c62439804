import {Buffer} from 'node:buffer';
import {
	lstat,
	mkdir,
	readdir,
	readFile,
	readlink,
} from 'node:fs/promises';
import path from 'node:path';
import {Readable} from 'node:stream';
import {gzipSync, zstdCompressSync} from 'node:zlib';
import test from 'ava';
import {pack, type Header} from 'tar-stream';
import {unpackContext} from '../../../source/host/images/context.js';
import {directoryFor} from './storage-helper.js';

type Item = Partial<Header> & {readonly name: string; readonly text?: string};

const tarOf = async (items: readonly Item[]): Promise<Buffer> => {
	const tar = pack();
	for (const {text, ...header} of items) {
		tar.entry(header, text ?? '');
	}

	tar.finalize();
	const chunks = await Array.fromAsync(tar as AsyncIterable<Buffer>);
	return Buffer.concat(chunks);
};

const streamOf = (bytes: Uint8Array) => {
	const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 700), bytes.subarray(700)];
	return Readable.from(pieces, {objectMode: false});
};

const usual: readonly Item[] = [
	{name: './', type: 'directory', mode: 0o755},
	{name: './Dockerfile', text: 'FROM scratch\n'},
	{
		name: 'deep/er/file', text: 'deep', mode: 0o750, mtime: new Date(1_000_000_000_000),
	},
	{name: 'link', type: 'symlink', linkname: '/etc/passwd'},
	{name: 'hard', type: 'link', linkname: 'deep/er/file'},
	{name: 'Dockerfile', text: 'FROM scratch\n# the later one\n'},
];

for (const [name, compress] of [['plain', (bytes: Uint8Array) => bytes], ['gzip', gzipSync], ['zstd', zstdCompressSync]] as const) {
	test(`a ${name} tar is unpacked`, async t => {
		const directory = await directoryFor(t);
		await unpackContext(streamOf(compress(await tarOf(usual))), directory);
		t.is(await readFile(path.join(directory, 'Dockerfile'), 'utf8'), 'FROM scratch\n# the later one\n');
		t.is(await readlink(path.join(directory, 'link')), '/etc/passwd');
		const file = await lstat(path.join(directory, 'deep/er/file'));
		const hard = await lstat(path.join(directory, 'hard'));
		t.is(file.mode % 0o1_0000, 0o750);
		t.is(file.mtimeMs, 1_000_000_000_000);
		t.is(hard.ino, file.ino);
	});
}

const hostile: Readonly<Record<string, readonly Item[]>> = {
	'a path with ..': [{name: '../outside', text: 'x'}],
	'a path with .. further on': [{name: 'a/../../outside', text: 'x'}],
	'an absolute path': [{name: '/outside', text: 'x'}],
	'a file through a symbolic link': [{name: 'to', type: 'symlink', linkname: '..'}, {name: 'to/outside', text: 'x'}],
	'a directory through a symbolic link': [{name: 'to', type: 'symlink', linkname: '..'}, {name: 'to/outside', type: 'directory'}],
	'a hard link to what lies outside': [{name: 'hard', type: 'link', linkname: '../secret'}],
	'a hard link through a symbolic link': [{name: 'to', type: 'symlink', linkname: '..'}, {name: 'hard', type: 'link', linkname: 'to/secret'}],
	'a hard link to a symbolic link': [{name: 'to', type: 'symlink', linkname: '../secret'}, {name: 'hard', type: 'link', linkname: 'to'}],
	'a device': [{
		name: 'disk', type: 'block-device', devmajor: 254, devminor: 0,
	}],
	'a named pipe': [{name: 'pipe', type: 'fifo'}],
	'a file in the place of a directory': [{name: 'a', type: 'directory'}, {name: 'a', text: 'x'}],
};

for (const [what, items] of Object.entries(hostile)) {
	test(`${what} is refused`, async t => {
		const directory = await directoryFor(t);
		const context = path.join(directory, 'context');
		await mkdir(context);
		await t.throwsAsync(unpackContext(streamOf(await tarOf(items)), context), {code: 'invalid', message: /not taken/v});
		t.deepEqual(await readdir(directory), ['context']);
	});
}

test('a symbolic link is replaced, not written through', async t => {
	const directory = await directoryFor(t);
	const context = path.join(directory, 'context');
	await mkdir(context);
	await unpackContext(streamOf(await tarOf([{name: 'to', type: 'symlink', linkname: '../outside'}, {name: 'to', text: 'x'}])), context);
	t.deepEqual(await readdir(directory), ['context']);
	t.is(await readFile(path.join(context, 'to'), 'utf8'), 'x');
});

test('a tar may end right after its last entry, and not within one', async t => {
	const directory = await directoryFor(t);
	const tar = await tarOf([{name: 'a', text: 'x'}, {name: 'Dockerfile', text: 'FROM scratch\n'.repeat(50)}]);
	const end = (3 * 512) + (13 * 50);
	for (const whole of [end, end + 1, end + 300, 5 * 512]) {
		await unpackContext(streamOf(tar.subarray(0, whole)), directory);
		t.is(await readFile(path.join(directory, 'Dockerfile'), 'utf8'), 'FROM scratch\n'.repeat(50), String(whole));
	}

	for (const cut of [end - 1, end - 200, 4 * 512, (2 * 512) + 100, (2 * 512) + 1]) {
		await t.throwsAsync(unpackContext(streamOf(tar.subarray(0, cut)), directory), {code: 'invalid'}, String(cut));
	}
});

test('an invalid or truncated tar is refused', async t => {
	const directory = await directoryFor(t);
	const tar = await tarOf([{name: 'a', text: 'x'.repeat(5000)}]);
	await t.throwsAsync(unpackContext(streamOf(Buffer.alloc(2000, 'no tar')), directory), {code: 'invalid'});
	await t.throwsAsync(unpackContext(streamOf(tar.subarray(0, 2000)), directory), {code: 'invalid'});
	await t.throwsAsync(unpackContext(streamOf(gzipSync(tar).subarray(0, 60)), directory), {code: 'invalid'});
	await t.throwsAsync(unpackContext(streamOf(Buffer.from('BZh91AY')), directory), {code: 'unsupported'});
});
