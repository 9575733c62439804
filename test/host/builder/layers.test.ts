import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {PassThrough, Readable} from 'node:stream';
import {gzipSync} from 'node:zlib';
import test from 'ava';
import {builderImage, splitLists} from '../../../source/host/builder/layers.js';
import {byteReader, joinPieces, outlineOf} from '../../../source/host/builder/tar-split.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');

const listOf = (...lines: readonly unknown[]) => gzipSync(lines.map(line => `${JSON.stringify(line)}\n`).join(''));

/** Two files, a directory and padding. */
const list = listOf(
	{type: 2, payload: base64('<one>'), position: 0},
	{
		type: 1, name: 'etc/one', size: 3, payload: 'AAAA', position: 1,
	},
	{type: 2, payload: base64('<dir>'), position: 2},
	{
		type: 1, name: 'dir/', payload: null, position: 3,
	},
	{type: 2, payload: base64('<two>'), position: 4},
	{
		type: 1, name_raw: Buffer.from([0x74, 0xFF]).toString('base64'), size: 4, payload: 'AAAA', position: 5,
	},
	{type: 2, payload: base64('<end>'), position: 6},
	{type: 2, payload: '', position: 7},
);

const textOf = async (content: AsyncIterable<Uint8Array>) => Buffer.concat(await Array.fromAsync(content)).toString();

test('a layer is joined from its list and the content of its files, however that is cut', async t => {
	t.deepEqual(await outlineOf(list), {bytes: 27, names: ['etc/one', 't\u{FF}']});
	for (const chunks of [['onefour'], ['o', 'nef', 'our'], [...'onefour']]) {
		const reader = byteReader(Readable.from(chunks.map(text => Buffer.from(text))));
		t.is(await textOf(joinPieces(list, reader)), '<one>one<dir><two>four<end>');
		await reader.end();
	}
});

test('too little and too much content is noticed', async t => {
	await t.throwsAsync(textOf(joinPieces(list, byteReader(Readable.from([Buffer.from('onefo')])))), {message: /too little/v});
	const reader = byteReader(Readable.from([Buffer.from('onefour!')]));
	await textOf(joinPieces(list, reader));
	await t.throwsAsync(reader.end(), {message: /too much/v});
});

test('names of files do not lead out of the layer, and other lists are refused', async t => {
	const named = async (name: string) => outlineOf(listOf({type: 1, name, size: 1}));
	t.deepEqual((await named('../../etc/shadow')).names, ['etc/shadow']);
	t.deepEqual((await named('/a/./b')).names, ['a/b']);
	for (const name of ['', '..', 'a\0b', 'a/']) {
		await t.throwsAsync(named(name), {message: /without a name/v});
	}

	for (const line of [{type: 3}, 5, null, {type: 1, name: 'a', size: -1}, {type: 1, name: 'a', size: '1'}]) {
		await t.throwsAsync(outlineOf(listOf(line)), {message: /format/v});
	}

	await t.throwsAsync(outlineOf(Buffer.from('no gzip')));
	await t.throwsAsync(outlineOf(gzipSync(Buffer.alloc(17 * 1024 * 1024, 'a'))), {message: /too long/v});
});

test('the lists of layers are taken only as they are expected', t => {
	const output = Buffer.from('abc12 3\nxyzdef 0\n');
	t.deepEqual(splitLists(output, 2).map(layer => [layer.directory, Buffer.from(layer.list).toString()]), [['abc12', 'xyz'], ['def', '']]);
	for (const text of ['', 'abc 4\nxyz', '../up 3\nxyz', 'abc\n', ' 3\nxyz', 'abc 9999999999\nx', `${'a'.repeat(129)} 0\n`]) {
		t.throws(() => splitLists(Buffer.from(text), 1), {code: 'invalid'}, text);
	}
});

const idOf = (digit: string) => `sha256:${digit.repeat(64)}`;

/** A guest whose commands answer with texts in turn. */
const guestOf = (...answers: ReadonlyArray<string | Uint8Array | Readable>) => {
	const asked: string[] = [];
	const left = [...answers];
	return {
		asked,
		async open(command: string, input?: Uint8Array) {
			asked.push(`${/ (?:cat|layerdb|xargs) ?/v.exec(command)?.[0].trim() ?? 'list'}: ${Buffer.from(input ?? []).toString('latin1')}`);
			const answer = left.shift()!;
			return answer instanceof Readable ? answer : Readable.from([Buffer.from(answer)]);
		},
	};
};

test('layers of an image are read with one command for their lists and one for their content', async t => {
	const output = Buffer.concat([Buffer.from(`first ${list.length}\n`), list, Buffer.from(`second ${list.length}\n`), list]);
	const {open, asked} = guestOf(output, 'onefourtwo5678');
	const opened = await builderImage(open, idOf('a')).open([{diffId: idOf('1'), chainId: idOf('1')}, {diffId: idOf('2'), chainId: idOf('3')}]);
	t.deepEqual(opened.sizes, [27, 27]);
	t.is(await textOf(opened.read(0)), '<one>one<dir><two>four<end>');
	t.is(await textOf(opened.read(1)), '<one>two<dir><two>5678<end>');
	opened.close();
	t.is(asked.length, 2);
	t.true(asked[0]!.endsWith(`: ${'1'.repeat(64)}\n${'3'.repeat(64)}\n`));
	t.true(asked[1]!.endsWith(': first/diff/etc/one\0first/diff/t\u{FF}\0second/diff/etc/one\0second/diff/t\u{FF}\0'));
});

test('an image without files in its layers needs no content, and ids become no paths', async t => {
	const empty = listOf({type: 2, payload: base64('end')});
	const {open, asked} = guestOf(Buffer.concat([Buffer.from(`first ${empty.length}\n`), empty]), '{}');
	const opened = await builderImage(open, idOf('a')).open([{diffId: idOf('1'), chainId: idOf('1')}]);
	t.is(await textOf(opened.read(0)), 'end');
	opened.close();
	t.is(asked.length, 1);
	await t.throwsAsync(builderImage(open, '../../etc/passwd').configuration(), {code: 'invalid'});
	await t.throwsAsync(builderImage(open, idOf('a')).open([{diffId: idOf('1'), chainId: 'x; reboot'}]), {code: 'invalid'});
});

test('the stream of the content ends with the image', async t => {
	const content = new PassThrough();
	const {open} = guestOf(Buffer.concat([Buffer.from(`first ${list.length}\n`), list]), content);
	const opened = await builderImage(open, idOf('a')).open([{diffId: idOf('1'), chainId: idOf('1')}]);
	const reading = textOf(opened.read(0));
	content.write('one');
	content.destroy(new Error('the connection ended'));
	await t.throwsAsync(reading, {message: 'the connection ended'});
	opened.close();
	t.true(content.destroyed);
});

test('a configuration is limited in its size', async t => {
	const {open} = guestOf(Readable.from([Buffer.alloc(3 * 1024 * 1024), Buffer.alloc(3 * 1024 * 1024)]), '{"rootfs":{}}');
	await t.throwsAsync(builderImage(open, idOf('a')).configuration(), {code: 'invalid'});
	const configuration = await builderImage(open, idOf('a')).configuration();
	t.is(createHash('sha256').update(configuration).digest('hex').length, 64);
});
