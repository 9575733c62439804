import {
	chmod,
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	rm,
	stat,
	symlink,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {copyContained} from '../../source/host/copy-contained.js';

const rootTest = process.getuid?.() === 0 ? test : test.skip;

rootTest('a copy keeps modes, and follows no link that another program plants', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-copy-'));
	t.teardown(async () => rm(directory, {recursive: true}));
	const at = (...names: string[]) => path.join(directory, ...names);
	for (const name of ['from/sub', 'to', 'outside']) {
		await mkdir(at(name), {recursive: true});
	}

	await writeFile(at('from/sub/file'), 'text');
	await chmod(at('from'), 0o711);
	await symlink(at('outside'), at('to/sub'));
	await t.throwsAsync(copyContained(at('from'), at('to')));
	t.deepEqual(await readdir(at('outside')), []);
	await rm(at('to/sub'));
	await copyContained(at('from'), at('to'));
	t.is(await readFile(at('to/sub/file'), 'utf8'), 'text');
	t.is((await stat(at('to'))).mode % 0o1000, 0o711);
});
