import {Buffer} from 'node:buffer';
import {
	mkdtemp,
	rm,
	symlink,
	truncate,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {packEntries, walk, type PackEntry} from '../../source/archive/pack.js';
import {HolmError} from '../../source/engine/errors.js';

const inDirectory = async (use: (directory: string) => Promise<void>) => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-pack-'));
	try {
		await use(directory);
	} finally {
		await rm(directory, {recursive: true, force: true});
	}
};

const read = async (entries: AsyncIterable<PackEntry>): Promise<Buffer> => {
	const chunks = await Array.fromAsync<Buffer>(packEntries(entries));
	return Buffer.concat(chunks);
};

async function * listed(...entries: readonly PackEntry[]): AsyncIterable<PackEntry> {
	yield * entries;
}

test('an empty file is packed, and a file that grows up to the size in its header', async t => {
	await inDirectory(async directory => {
		await writeFile(path.join(directory, 'empty'), '');
		await writeFile(path.join(directory, 'full'), 'text\n');
		await symlink('/nowhere', path.join(directory, 'link'));
		const tar = await read(walk(directory, ''));
		t.deepEqual(['empty', 'full', 'link'].map(name => tar.includes(name)), [true, true, true]);
		t.true(tar.includes('text\n'));
	});
});

test('a file that vanishes before it is read is named, with a code that no connection has', async t => {
	await inDirectory(async directory => {
		const error = await t.throwsAsync<HolmError>(read(listed({file: path.join(directory, 'gone'), name: 'gone'})), {instanceOf: HolmError});
		t.is(error.code, 'invalid');
		t.regex(error.message, /cannot read gone: ENOENT/v);
	});
});

test('an error is kept for those who listen later', async t => {
	const tar = packEntries(listed({file: '/nowhere/at/all', name: 'gone'}));
	await new Promise(resolve => {
		tar.once('error', resolve);
	});
	t.regex(tar.errored?.message ?? '', /cannot read gone/v);
});

test('a name that is not UTF-8 is an error that says so', async t => {
	await inDirectory(async directory => {
		const name = Buffer.concat([Buffer.from(`${directory}/latin`), Buffer.from([0xE9])]);
		await writeFile(name, '');
		const error = await t.throwsAsync<HolmError>(read(walk(directory, '')), {instanceOf: HolmError});
		t.regex(error.message, /its name is not UTF-8/v);
	});
});

test('a file that becomes shorter while it is read is named', async t => {
	await inDirectory(async directory => {
		const file = path.join(directory, 'large');
		await writeFile(file, Buffer.alloc(8 * 1024 * 1024, 1));
		const tar = packEntries(listed({file, name: 'large'}));
		const error = await t.throwsAsync<HolmError>(async () => {
			for await (const _chunk of tar) {
				await truncate(file, 1024 * 1024);
			}
		}, {instanceOf: HolmError});
		t.regex(error.message, /cannot read large: it became shorter/v);
	});
});
